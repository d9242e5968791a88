package store

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// IntakeEvent is an event of a day with how many people are on it.
type IntakeEvent struct {
	domain.Event
	People int
}

// Intake is what there is on a day, cancelled events apart, whoever may see it, and
// what was done of the intake.
func (s *Store) Intake(ctx context.Context, day string) ([]IntakeEvent, []domain.IntakeStep, error) {
	from, ok := domain.ParseDay(day, s.Loc)
	if !ok {
		return nil, nil, domain.ErrNotFound
	}
	var list []IntakeEvent
	err := s.read.NewSelect().TableExpr("events AS e").ColumnExpr("e.*, (SELECT COUNT(*) FROM assignments AS a WHERE a.event_id = e.id) AS people").
		Where("e.end_at > ? AND COALESCE(e.arrival_at, e.start_at) < ? AND e.status <> 'cancelled'", from.UTC(), from.AddDate(0, 0, 1).UTC()).OrderExpr("e.start_at, e.number").Scan(ctx, &list)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	ptrs := make([]*domain.Event, len(list))
	for k := range list {
		ptrs[k] = &list[k].Event
	}
	if err := loadRooms(ctx, s.read, ptrs...); err != nil {
		return nil, nil, asPerson(err)
	}
	steps, err := s.IntakeSteps(ctx, day)
	return list, steps, err
}

// IntakeSteps are what was done of the intake of those days.
func (s *Store) IntakeSteps(ctx context.Context, days ...string) ([]domain.IntakeStep, error) {
	var steps []domain.IntakeStep
	err := s.read.NewSelect().Model(&steps).Where("day IN (?)", bun.List(days)).OrderExpr("day, done_at").Scan(ctx)
	return steps, asPerson(err)
}

// TakeIn notes that a step of the intake is done; none says that there is nothing on
// that day, which is refused when there is. Needs RightPublish.
func (s *Store) TakeIn(ctx context.Context, act domain.Act, day string, step domain.Step, none bool) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.mayTakeIn(ctx, day, step); err != nil {
			return err
		}
		n, err := tx.eventsOn(ctx, day)
		switch {
		case err != nil:
			return err
		case none && n > 0:
			return domain.Conflict("intake.not_none", "n", strconv.Itoa(n))
		}
		if step == domain.StepBoard {
			if b, err := boardOf(ctx, tx, day); err != nil {
				return err
			} else if b == nil {
				return domain.Conflict("intake.not_published")
			}
		}
		return tx.takeStep(ctx, day, step)
	})
}

// TakeBack takes a step back. Needs RightPublish.
func (s *Store) TakeBack(ctx context.Context, act domain.Act, day string, step domain.Step) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.mayTakeIn(ctx, day, step); err != nil {
			return err
		}
		res, err := tx.NewRaw("DELETE FROM intake_steps WHERE day = ? AND step = ?", day, step).Exec(ctx)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n > 0 {
			tx.recordStep("intake.taken_back", day, step, "")
		}
		return nil
	})
}

func (tx *Tx) mayTakeIn(ctx context.Context, day string, step domain.Step) error {
	if err := tx.need(domain.RightPublish); err != nil {
		return err
	}
	known := false
	for _, s := range domain.Steps {
		known = known || s == step
	}
	if _, ok := domain.ParseDay(day, tx.s.Loc); !ok || !known {
		return domain.ErrNotFound
	}
	return tx.hold(ctx, domain.TopicFloor)
}

func (tx *Tx) eventsOn(ctx context.Context, day string) (int, error) {
	from, _ := domain.ParseDay(day, tx.s.Loc)
	n, err := tx.NewSelect().TableExpr("events").Where("end_at > ? AND COALESCE(arrival_at, start_at) < ? AND status <> 'cancelled'", from.UTC(), from.AddDate(0, 0, 1).UTC()).Count(ctx)
	return int(n), err
}

// takeStep writes a step once: the first time counts. The floor is locked.
func (tx *Tx) takeStep(ctx context.Context, day string, step domain.Step) error {
	n, err := tx.eventsOn(ctx, day)
	if err != nil {
		return err
	}
	site, err := tx.site(ctx)
	if err != nil {
		return err
	}
	x := &domain.IntakeStep{Day: day, Step: step, DoneAt: tx.At, DoneBy: personID(tx.Act), Late: site.StepLate(day, step, tx.At, tx.s.Loc), Events: n}
	if x.DoneBy == "" { // the system itself: nobody took anything in
		return nil
	}
	res, err := tx.NewInsert().Model(x).On("CONFLICT (day, step) DO NOTHING").Exec(ctx)
	if err != nil {
		return err
	}
	if rows, _ := res.RowsAffected(); rows == 0 {
		return nil
	}
	said := ""
	if x.Late {
		said = "late"
	}
	tx.recordStep("intake.taken", day, step, said)
	if step == domain.StepTaken {
		for _, key := range []string{intakeKey(domain.NoticeIntake, day), intakeKey(domain.NoticeIntakeLate, day)} {
			if err := tx.closeNotices(ctx, "settled_at", "notice.settled", key, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *Tx) recordStep(verb, day string, step domain.Step, said string) {
	tx.Record(domain.Change{Topic: domain.TopicFloor, Subject: "day:" + day, Verb: verb, Label: day, New: string(step), Note: said})
}

func intakeKey(kind domain.NoticeKind, day string) string { return string(kind) + ":" + day }

// TellIntake tells the supervisors that it is time to collect the events of
// tomorrow, and that it was not done. Any instance may ask at any time.
func (s *Store) TellIntake(ctx context.Context) error {
	site, err := s.Site(ctx)
	if err != nil || site.ID == "" || site.IntakeAt == domain.IntakeNever {
		return err
	}
	now := s.Now()
	day := domain.SiteDay(now.In(s.Loc).AddDate(0, 0, 1), s.Loc)
	due := site.StepDue(day, domain.StepTaken, s.Loc)
	if now.Before(due) {
		return nil
	}
	kind := domain.NoticeIntake
	if site.StepLate(day, domain.StepTaken, now, s.Loc) {
		kind = domain.NoticeIntakeLate
	}
	key := intakeKey(kind, day)
	told, err := s.read.NewSelect().TableExpr("notices").Where("key = ?", key).Exists(ctx)
	if err != nil || told {
		return asPerson(err)
	}
	steps, err := s.IntakeSteps(ctx, day)
	if err != nil {
		return err
	}
	for k := range steps {
		if steps[k].Step == domain.StepTaken {
			return nil
		}
	}
	_, err = s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		ids, err := tx.supervisors(ctx)
		if err != nil {
			return err
		}
		return tx.tellPeople(ctx, &domain.Trigger{Key: key, Kind: kind, Args: domain.Args{"day": day, "at": due.Format(time.RFC3339), "n": "1"}, URL: "/intake?day=" + day}, ids)
	})
	return err
}

// SetBoardRules chooses when the intake is, after how many minutes a step of it is
// late, and after how many the supervisor is told who has not seen a bulletin. Without
// an hour nobody is reminded of the intake.
func (s *Store) SetBoardRules(ctx context.Context, act domain.Act, intakeAt string, grace, seen int) (domain.Receipt, error) {
	return s.changeSite(ctx, act, domain.RightChannels, func(site *domain.Site) (*domain.Change, error) {
		var bad domain.Invalid
		if t, err := time.Parse("15:04", intakeAt); intakeAt == "" {
			intakeAt = domain.IntakeNever
		} else if err != nil {
			bad.Add("intake_at", "field.clock")
		} else {
			intakeAt = t.Format("15:04")
		}
		if grace < 0 || grace > domain.IntakeGraceMost {
			bad.Add("intake_grace", "field.between", "min", "0", "max", strconv.Itoa(domain.IntakeGraceMost))
		}
		if seen < 1 || seen > domain.SeenMost {
			bad.Add("seen_minutes", "field.between", "min", "1", "max", strconv.Itoa(domain.SeenMost))
		}
		if err := bad.Err(); err != nil {
			return nil, err
		}
		c := &domain.Change{Verb: "site.board_rules", Old: boardRules(site)}
		site.IntakeAt, site.IntakeGrace, site.SeenMinutes = intakeAt, grace, seen
		c.New = boardRules(site)
		return c, nil
	})
}

func boardRules(s *domain.Site) string {
	return s.IntakeAt + " +" + strconv.Itoa(s.IntakeGrace) + " " + strconv.Itoa(s.SeenMinutes)
}
