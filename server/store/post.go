package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Posts lists events' posts in their order, without the struck.
func (s *Store) Posts(ctx context.Context, eventIDs ...string) ([]domain.Post, error) {
	list, err := postsOf(ctx, s.read, eventIDs...)
	return list, asPerson(err)
}

func postsOf(ctx context.Context, db bun.IDB, eventIDs ...string) (list []domain.Post, err error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	err = db.NewSelect().Model(&list).Where("event_id IN (?) AND NOT struck", bun.List(eventIDs)).OrderExpr("event_id, sort, id").Scan(ctx)
	return list, err
}

// Duties lists who is on duty at events' posts.
func (s *Store) Duties(ctx context.Context, eventIDs ...string) ([]domain.Duty, error) {
	list, err := dutiesOf(ctx, s.read, eventIDs...)
	return list, asPerson(err)
}

func dutiesOf(ctx context.Context, db bun.IDB, eventIDs ...string) (list []domain.Duty, err error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	err = db.NewSelect().Model(&list).Where("event_id IN (?) AND NOT struck", bun.List(eventIDs)).OrderExpr("event_id, backup, created_at, id").Scan(ctx)
	return list, err
}

// PostBoards are an event's posts with everybody on duty there.
func (s *Store) PostBoards(ctx context.Context, eventID string) ([]domain.PostBoard, error) {
	posts, err := s.Posts(ctx, eventID)
	if err != nil {
		return nil, err
	}
	duties, err := s.Duties(ctx, eventID)
	return domain.BoardPosts(posts, duties), err
}

// MyDuties are a person's duties at events that are being worked on, with their posts.
func (s *Store) MyDuties(ctx context.Context, personID string, eventIDs []string) ([]domain.PostBoard, error) {
	if len(eventIDs) == 0 {
		return nil, nil
	}
	var duties []domain.Duty
	err := s.read.NewSelect().Model(&duties).Where("person_id = ? AND event_id IN (?) AND NOT struck AND state <> ?", personID, bun.List(eventIDs), domain.DutyReplaced).OrderExpr("id").Scan(ctx)
	if err != nil || len(duties) == 0 {
		return nil, asPerson(err)
	}
	ids := make([]string, len(duties))
	for k := range duties {
		ids[k] = duties[k].PostID
	}
	var posts []domain.Post
	if err := s.read.NewSelect().Model(&posts).Where("id IN (?)", bun.List(ids)).OrderExpr("event_id, sort, id").Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	return domain.BoardPosts(posts, duties), nil
}

// Post is one post, struck or not.
func (s *Store) Post(ctx context.Context, id string) (*domain.Post, error) {
	p := new(domain.Post)
	err := s.read.NewSelect().Model(p).Where("id = ?", id).Scan(ctx)
	return p, asPerson(noRows(err))
}

// AddPost puts a post on an event. Needs RightPostsEdit.
func (s *Store) AddPost(ctx context.Context, act domain.Act, eventID string, p domain.Post) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightPostsEdit, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if err := mayPost(e, v, p.Crew); err != nil {
			return err
		}
		if err := p.Validate(); err != nil {
			return err
		}
		if p.ID == "" {
			p.ID = NewID()
		}
		if err := tx.NewSelect().TableExpr("posts").ColumnExpr("COALESCE(MAX(sort), 0) + 1").Where("event_id = ?", eventID).Scan(ctx, &p.Sort); err != nil {
			return err
		}
		p.EventID, p.CreatedAt, p.Struck, p.Seq = eventID, tx.Now, false, tx.Next(domain.EventTopic(eventID))
		if _, err := tx.NewInsert().Model(&p).Exec(ctx); err != nil {
			return taken(err, "code", "post.code_taken")
		}
		tx.Receipt.Created = p.ID
		tx.recordPost(&p, domain.Change{Verb: "post.added", New: p.Task})
		return nil
	})
}

// mayPost: a crew lead keeps his own crew's posts, command keeps all.
func mayPost(e *domain.Event, v domain.Viewer, crew domain.Crew) error {
	switch {
	case e.Status.Over():
		return domain.Conflict("event.over")
	case v.Can(domain.RightItemCheck, e.Secrecy) || v.Can(domain.RightItemAccept, e.Secrecy) || v.MayDo(crew, e.Secrecy):
		return nil
	}
	return domain.ErrForbidden
}

func (tx *Tx) recordPost(p *domain.Post, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Crew = domain.EventTopic(p.EventID), p.EventID, "post:"+p.ID, p.Crew
	c.Label = strings.TrimSpace(p.Code + " " + p.Name)
	tx.Record(c)
}

// postWrite locks the event of the row that the query names by id, loads event
// and post through the person's rights and lets fn do the rest.
func (s *Store) postWrite(ctx context.Context, act domain.Act, table, id string, fn func(ctx context.Context, a *postAct) error) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockEventOf(ctx, table, "id", id); err != nil {
			return err
		}
		a := &postAct{tx: tx, p: new(domain.Post)}
		where := "id = ?"
		if table == "duties" {
			where = "id = (SELECT post_id FROM duties WHERE id = ?)"
		}
		if err := tx.NewSelect().Model(a.p).Where(where, id).Scan(ctx); err != nil {
			return noRows(err)
		}
		var err error
		if a.e, a.v, err = eventOnly(ctx, tx, act.Person, a.p.EventID); err != nil {
			return err
		}
		if a.e.Status.Over() {
			return domain.Conflict("event.over")
		}
		return fn(ctx, a)
	})
}

// postAct is an act on a post or on a duty there.
type postAct struct {
	tx *Tx
	e  *domain.Event
	v  domain.Viewer
	p  *domain.Post
	d  *domain.Duty
}

// UpdatePost changes the typed fields. Needs RightPostsEdit.
func (s *Store) UpdatePost(ctx context.Context, act domain.Act, id string, in domain.Post) (domain.Receipt, error) {
	return s.postWrite(ctx, act, "posts", id, func(ctx context.Context, a *postAct) error {
		if err := a.mayEdit(in.Crew); err != nil {
			return err
		}
		if err := in.Validate(); err != nil {
			return err
		}
		p := a.p
		old := *p
		p.Code, p.Name, p.Crew, p.Task, p.Gesture, p.Channel = in.Code, in.Name, in.Crew, in.Task, in.Gesture, in.Channel
		p.Position, p.Minutes, p.FromAt = in.Position, in.Minutes, in.FromAt
		if *p == old {
			return nil
		}
		return a.tx.savePost(ctx, p, domain.Change{Verb: "post.changed", Old: old.Code + " " + old.Name + " " + old.Task, New: p.Task})
	})
}

// StrikePost takes a post off; who was on duty there is free.
func (s *Store) StrikePost(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.postWrite(ctx, act, "posts", id, func(ctx context.Context, a *postAct) error {
		if err := a.mayEdit(a.p.Crew); err != nil || a.p.Struck {
			return err
		}
		a.p.Struck = true
		return a.tx.savePost(ctx, a.p, domain.Change{Verb: "post.struck"})
	})
}

func (a *postAct) mayEdit(crew domain.Crew) error {
	if !a.v.Can(domain.RightPostsEdit, a.e.Secrecy) {
		return domain.ErrForbidden
	}
	if err := mayPost(a.e, a.v, a.p.Crew); err != nil {
		return err
	}
	return mayPost(a.e, a.v, crew)
}

func (tx *Tx) savePost(ctx context.Context, p *domain.Post, c domain.Change) error {
	p.Seq = tx.Next(domain.EventTopic(p.EventID))
	if _, err := tx.NewUpdate().Model(p).WherePK().Exec(ctx); err != nil {
		return taken(err, "code", "post.code_taken")
	}
	tx.recordPost(p, c)
	return nil
}

// AddDuty puts a person on duty at a post, as holder or backup; who was not
// assigned to the event is from now on. Needs RightPostsEdit.
func (s *Store) AddDuty(ctx context.Context, act domain.Act, postID, personID string, backup bool) (domain.Receipt, error) {
	return s.postWrite(ctx, act, "posts", postID, func(ctx context.Context, a *postAct) error {
		if err := a.mayEdit(a.p.Crew); err != nil {
			return err
		}
		if a.p.Struck {
			return domain.Conflict("post.struck")
		}
		if _, err := a.addDuty(ctx, personID, backup, ""); err != nil {
			return err
		}
		return a.noteDuty(ctx)
	})
}

// noteDuty lets work notices and boards follow when somebody was put at a post, or taken off.
func (a *postAct) noteDuty(ctx context.Context) error {
	if !a.e.Status.Working() {
		return nil
	}
	if err := loadRooms(ctx, a.tx, a.e); err != nil {
		return err
	}
	return a.tx.noteChange(ctx, a.e, a.e, "")
}

func (a *postAct) addDuty(ctx context.Context, personID string, backup bool, standsFor string) (*domain.Duty, error) {
	tx := a.tx
	person := new(domain.Person)
	if err := tx.NewSelect().Model(person).Where("id = ?", personID).Scan(ctx); err != nil || person.Disabled {
		return nil, domain.InvalidField("person", "field.choose")
	}
	d := &domain.Duty{
		ID: NewID(), EventID: a.e.ID, PostID: a.p.ID, PersonID: person.ID, Backup: backup, StandsFor: standsFor,
		State: domain.DutyPlanned, StateAt: tx.At, CreatedAt: tx.Now, Seq: tx.Next(domain.EventTopic(a.e.ID)),
	}
	if _, err := tx.NewInsert().Model(d).On("CONFLICT (post_id, person_id) WHERE NOT struck DO NOTHING").Exec(ctx); err != nil {
		return nil, err
	}
	var kept domain.Duty
	if err := tx.NewSelect().Model(&kept).Where("post_id = ? AND person_id = ? AND NOT struck", a.p.ID, person.ID).Scan(ctx); err != nil {
		return nil, err
	}
	if kept.ID != d.ID {
		return &kept, nil // he is there already
	}
	crew := person.Crew
	if !crew.Valid() {
		crew = a.p.Crew
	}
	assignment := &domain.Assignment{EventID: a.e.ID, PersonID: person.ID, Crew: crew, Post: a.p.Code}
	if _, err := tx.NewInsert().Model(assignment).On("CONFLICT (event_id, person_id) DO NOTHING").Exec(ctx); err != nil {
		return nil, err
	}
	verb := "duty.added"
	if backup {
		verb = "duty.backup_added"
	}
	tx.recordDuty(a.p, d, domain.Change{Verb: verb, New: person.Name})
	return d, nil
}

func (tx *Tx) recordDuty(p *domain.Post, d *domain.Duty, c domain.Change) {
	c.Topic, c.EventID, c.Subject, c.Crew = domain.EventTopic(d.EventID), d.EventID, "post:"+d.PostID, p.Crew
	c.Label = strings.TrimSpace(p.Code + " " + p.Name)
	tx.Record(c)
}

// dutyWrite loads a duty with its post and event; fn returns the log row, or nil
// when nothing changed. An act that comes late and is older than the present
// state stays in the log and changes nothing.
func (s *Store) dutyWrite(ctx context.Context, act domain.Act, id string, fn func(ctx context.Context, a *postAct) (*domain.Change, error)) (domain.Receipt, error) {
	return s.postWrite(ctx, act, "duties", id, func(ctx context.Context, a *postAct) error {
		a.d = new(domain.Duty)
		if err := a.tx.NewSelect().Model(a.d).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		a.tx.Receipt.Subjects = []string{"post:" + a.p.ID}
		if a.d.Struck {
			return domain.Conflict("duty.struck")
		}
		if a.tx.overtaken(a.d.StateAt) {
			a.tx.Receipt.Notice = "act.overtaken"
			return a.saveDuty(ctx, domain.Change{Verb: "duty.overtaken", Old: string(a.d.State)})
		}
		c, err := fn(ctx, a)
		if err != nil || c == nil {
			return err
		}
		return a.saveDuty(ctx, *c)
	})
}

func (a *postAct) saveDuty(ctx context.Context, c domain.Change) error {
	a.d.Seq = a.tx.Next(domain.EventTopic(a.e.ID))
	if _, err := a.tx.NewUpdate().Model(a.d).WherePK().Exec(ctx); err != nil {
		return foreign(err, "relief")
	}
	if c.New == "" {
		c.New = a.tx.nameOf(ctx, a.d.PersonID)
	}
	a.tx.recordDuty(a.p, a.d, c)
	return nil
}

// strike saves the struck duty, and lets what hangs on it follow.
func (a *postAct) strike(ctx context.Context) error {
	if err := a.saveDuty(ctx, domain.Change{Verb: "duty.struck"}); err != nil {
		return err
	}
	return a.noteDuty(ctx)
}

func (a *postAct) doing(reason string) domain.Doing {
	return domain.Doing{By: personID(a.tx.Act), At: a.tx.At, Received: a.tx.Now, Reason: reason}
}

// own: the person himself, and for one without a phone his lead and command.
func (a *postAct) own() error {
	if a.d.PersonID == personID(a.tx.Act) || a.leads() {
		return nil
	}
	return domain.ErrForbidden
}

// leads tells who answers for the post: its crew's lead, supervisor, commander.
func (a *postAct) leads() bool {
	return a.v.Can(domain.RightPostsEdit, a.e.Secrecy) && mayPost(a.e, a.v, a.p.Crew) == nil
}

// StrikeDuty takes a person off a post. Needs RightPostsEdit.
func (s *Store) StrikeDuty(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.dutyWrite(ctx, act, id, func(ctx context.Context, a *postAct) (*domain.Change, error) {
		if err := a.mayEdit(a.p.Crew); err != nil {
			return nil, err
		}
		a.d.Struck = true
		return nil, a.strike(ctx)
	})
}

// Report says that somebody is at his post; code is the token of the sign that
// hangs there, "" when he tapped the button. Before anything of the event is
// worked on there is nothing to report to.
func (s *Store) Report(ctx context.Context, act domain.Act, id, code string) (domain.Receipt, error) {
	return s.dutyWrite(ctx, act, id, func(ctx context.Context, a *postAct) (*domain.Change, error) {
		if err := a.own(); err != nil {
			return nil, err
		}
		if !a.e.Status.Working() {
			return nil, domain.Conflict("event.not_working")
		}
		byCode := false
		if code != "" {
			p, err := s.readPass(ctx, code, domain.PassPost)
			if err != nil || p.ID != a.p.ID {
				return nil, domain.Conflict("duty.wrong_code")
			}
			byCode = true
		}
		if changed, err := a.d.Report(a.doing(""), byCode); err != nil || !changed {
			return nil, err
		}
		if err := a.unstand(ctx); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "duty.reported", Note: lateBy(a)}, nil
	})
}

// lateBy is how many minutes after its time a duty was reported; "" in time.
func lateBy(a *postAct) string {
	if a.d.Backup {
		return ""
	}
	if late := a.tx.At.Sub(a.p.DueAt(a.e)); late >= time.Minute {
		return fmt.Sprintf("+%d min", int(late/time.Minute))
	}
	return ""
}

// unstand frees who stood in for this person, who has come after all; a backup
// of this post is one again.
func (a *postAct) unstand(ctx context.Context) error {
	var list []domain.Duty
	if err := a.tx.NewSelect().Model(&list).Where("stands_for = ? AND NOT struck", a.d.ID).Scan(ctx); err != nil {
		return err
	}
	for k := range list {
		stand := &postAct{tx: a.tx, e: a.e, v: a.v, p: a.p, d: &list[k]}
		stand.d.Struck, stand.d.StandsFor = !stand.d.Backup, ""
		if err := stand.saveDuty(ctx, domain.Change{Verb: "duty.stood_down"}); err != nil {
			return err
		}
	}
	return nil
}

// Unreport takes a report back.
func (s *Store) Unreport(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.ownDuty(ctx, act, id, "duty.unreported", func(a *postAct) (bool, error) { return a.d.Unreport(a.doing("")) })
}

func (s *Store) ownDuty(ctx context.Context, act domain.Act, id, verb string, change func(a *postAct) (bool, error)) (domain.Receipt, error) {
	return s.dutyWrite(ctx, act, id, func(_ context.Context, a *postAct) (*domain.Change, error) {
		if err := a.own(); err != nil {
			return nil, err
		}
		if changed, err := change(a); err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: verb}, nil
	})
}

// StandIn puts a backup at the post of somebody who has not come: the other's
// duty is replaced, the backup's begins at once. Needs RightPostsEdit.
func (s *Store) StandIn(ctx context.Context, act domain.Act, id, backupPerson string) (domain.Receipt, error) {
	return s.dutyWrite(ctx, act, id, func(ctx context.Context, a *postAct) (*domain.Change, error) {
		if !a.leads() {
			return nil, domain.ErrForbidden
		}
		if backupPerson == a.d.PersonID || a.tx.nameOf(ctx, backupPerson) == "" {
			return nil, domain.InvalidField("person", "field.choose")
		}
		busy, err := a.tx.NewSelect().TableExpr("duties").Where("event_id = ? AND person_id = ? AND NOT struck AND (NOT backup OR stands_for IS NOT NULL) AND state IN ('on','asked','away')", a.e.ID, backupPerson).Exists(ctx)
		if err != nil {
			return nil, err
		}
		if busy {
			return nil, domain.Conflict("duty.backup_busy")
		}
		if changed, err := a.d.Replace(a.doing("")); err != nil || !changed {
			return nil, err
		}
		stand := &postAct{tx: a.tx, e: a.e, v: a.v, p: a.p}
		if stand.d, err = stand.addDuty(ctx, backupPerson, false, a.d.ID); err != nil {
			return nil, err
		}
		if stand.d.StandsFor == "" && !stand.d.Backup {
			return nil, domain.InvalidField("person", "field.choose") // he has a place of his own at this post
		}
		stand.d.StandsFor = a.d.ID
		if _, err := stand.d.Report(a.doing(""), false); err != nil {
			return nil, err
		}
		if err := stand.saveDuty(ctx, domain.Change{Verb: "duty.stood_in"}); err != nil {
			return nil, err
		}
		return &domain.Change{Verb: "duty.replaced"}, nil
	})
}

// AskRelief asks to leave the post for some minutes; relief is the person who
// stands there meanwhile.
func (s *Store) AskRelief(ctx context.Context, act domain.Act, id, relief, reason string, minutes int, handover string) (domain.Receipt, error) {
	return s.dutyWrite(ctx, act, id, func(ctx context.Context, a *postAct) (*domain.Change, error) {
		if err := a.own(); err != nil {
			return nil, err
		}
		changed, err := a.d.AskRelief(a.doing(reason), relief, a.tx.At.Add(time.Duration(minutes)*time.Minute), handover)
		if err != nil || !changed {
			return nil, err
		}
		name := a.tx.nameOf(ctx, relief)
		if name == "" {
			return nil, domain.InvalidField("relief", "field.choose")
		}
		return &domain.Change{Verb: "duty.relief_asked", Note: a.d.Reason + " · " + name + " · " + a.d.ReturnAt.In(s.Loc).Format("15:04")}, nil
	})
}

// Relieve approves a wish for relief: only who answers for the post may.
func (s *Store) Relieve(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.dutyWrite(ctx, act, id, func(ctx context.Context, a *postAct) (*domain.Change, error) {
		if !a.leads() || a.d.PersonID == personID(act) && !a.v.Can(domain.RightItemAccept, a.e.Secrecy) {
			return nil, domain.ErrForbidden
		}
		if changed, err := a.d.Relieve(a.doing("")); err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "duty.relieved", Note: a.tx.nameOf(ctx, a.d.ReliefID) + " · " + a.d.ReturnAt.In(s.Loc).Format("15:04")}, nil
	})
}

// Return ends a leave, or takes back the wish for one.
func (s *Store) Return(ctx context.Context, act domain.Act, id, handover string) (domain.Receipt, error) {
	return s.ownDuty(ctx, act, id, "duty.returned", func(a *postAct) (bool, error) { return a.d.Return(a.doing(""), handover) })
}

// Release lets somebody leave his post (J.5.1.4, J.6.3): locked until all guests
// have left and the supervisor has checked; the commander's written reason
// overrides it and is reported.
func (s *Store) Release(ctx context.Context, act domain.Act, id, reason string) (domain.Receipt, error) {
	return s.dutyWrite(ctx, act, id, func(ctx context.Context, a *postAct) (*domain.Change, error) {
		lock, err := a.lockedBy(ctx)
		if err != nil {
			return nil, err
		}
		return a.release(lock, reason, a.v.Can(domain.RightItemAccept, a.e.Secrecy))
	})
}

// lock is what keeps everybody at his post.
type lock struct{ ids, zh, en []string }

func (a *postAct) lockedBy(ctx context.Context) (lock, error) {
	var l lock
	if !a.v.Can(domain.RightRelease, a.e.Secrecy) {
		return l, domain.ErrForbidden
	}
	items, err := a.tx.items(ctx, a.e.ID)
	if err != nil {
		return l, err
	}
	for _, i := range domain.ReleaseMissing(items) {
		l.ids, l.zh, l.en = append(l.ids, i.TemplateID), append(l.zh, i.Text("zh")), append(l.en, i.Text("en"))
	}
	return l, nil
}

func (a *postAct) release(l lock, reason string, override bool) (*domain.Change, error) {
	changed, err := a.d.Release(a.doing(reason), l.ids, override)
	if refusal, ok := domain.AsError(err); ok && refusal.Key == "duty.locked" {
		return nil, domain.Conflict("duty.locked", "items_zh", strings.Join(l.zh, "、"), "items_en", strings.Join(l.en, ", "))
	}
	if err != nil || !changed {
		return nil, err
	}
	if a.d.Override != "" {
		return &domain.Change{Verb: "duty.overridden", Note: a.d.Override}, nil
	}
	return &domain.Change{Verb: "duty.released"}, nil
}

// ReleaseCrew lets everybody of a crew leave who has not been; "" is everybody.
func (s *Store) ReleaseCrew(ctx context.Context, act domain.Act, eventID string, crew domain.Crew, reason string) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightRelease, func(ctx context.Context, tx *Tx, e *domain.Event, v domain.Viewer) error {
		if e.Status.Over() {
			return domain.Conflict("event.over")
		}
		return tx.releaseCrew(ctx, e, v, crew, reason, v.Can(domain.RightItemAccept, e.Secrecy))
	})
}

func (tx *Tx) releaseCrew(ctx context.Context, e *domain.Event, v domain.Viewer, crew domain.Crew, reason string, override bool) error {
	posts, err := postsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	duties, err := dutiesOf(ctx, tx, e.ID)
	if err != nil || len(duties) == 0 {
		return err
	}
	first := &postAct{tx: tx, e: e, v: v}
	l, err := first.lockedBy(ctx)
	if err != nil {
		return err
	}
	for k := range duties {
		i := slices.IndexFunc(posts, func(p domain.Post) bool { return p.ID == duties[k].PostID })
		if i < 0 || crew != "" && posts[i].Crew != crew || duties[k].State == domain.DutyReplaced {
			continue
		}
		a := &postAct{tx: tx, e: e, v: v, p: &posts[i], d: &duties[k]}
		c, err := a.release(l, reason, override)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		c.Minor = a.d.Override == ""
		if err := a.saveDuty(ctx, *c); err != nil {
			return err
		}
	}
	return nil
}

// Recall takes a release back. Needs RightRelease.
func (s *Store) Recall(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.dutyWrite(ctx, act, id, func(_ context.Context, a *postAct) (*domain.Change, error) {
		if !a.v.Can(domain.RightRelease, a.e.Secrecy) {
			return nil, domain.ErrForbidden
		}
		if changed, err := a.d.Recall(a.doing("")); err != nil || !changed {
			return nil, err
		}
		return &domain.Change{Verb: "duty.recalled"}, nil
	})
}

// BackAtWork says that somebody is at his own work again (J.5.1.5).
func (s *Store) BackAtWork(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.ownDuty(ctx, act, id, "duty.back", func(a *postAct) (bool, error) { return a.d.Back(a.doing("")) })
}
