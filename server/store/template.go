package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// templateItem is a row of template_items.
type templateItem struct {
	bun.BaseModel `bun:"table:template_items"`
	ID            string `bun:",pk"`
	VersionID     string
	Code          string
	Crew          domain.Crew
	Phase         string
	Rules         string
	Zh            string
	En            string `bun:",nullzero"`
	Flag          string `bun:",nullzero"`
	Evidence      string `bun:",nullzero"`
	Acceptance    string `bun:",nullzero"`
	Clauses       string `bun:",nullzero"`
	UnitZh        string `bun:",nullzero"`
	UnitEn        string `bun:",nullzero"`
	ReadingMin    *float64
	ReadingMax    *float64
	GuidanceZh    string `bun:",nullzero"`
	GuidanceEn    string `bun:",nullzero"`
	Picture       string `bun:",nullzero"`
	Struck        bool
	Sort          int
	Rev           int
}

func newTemplateItem(version string, t domain.TemplateItem, sort int) templateItem {
	t = t.Copy() // what is stored takes its numbers along
	r := templateItem{
		ID: NewID(), VersionID: version, Code: t.ID, Crew: t.Crew, Phase: t.Phase, Zh: t.Zh, En: t.En, Flag: t.Flag, Evidence: t.Evidence, Acceptance: t.Acceptance,
		Clauses: strings.Join(t.Clauses, "\n"), GuidanceZh: t.GuidanceZh, GuidanceEn: t.GuidanceEn, Picture: t.Picture, Struck: t.Struck, Sort: sort, Rev: max(t.Rev, 1),
	}
	levels := make([]string, 0, len(t.Offset))
	for level, rule := range t.Offset {
		levels = append(levels, level+"="+rule)
	}
	slices.Sort(levels)
	r.Rules = strings.Join(levels, "\n")
	if u := t.Unit; u != nil {
		r.UnitZh, r.UnitEn, r.ReadingMin, r.ReadingMax = u.Zh, u.En, u.Min, u.Max
	}
	return r
}

func (r *templateItem) item() domain.TemplateItem {
	lines := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }) }
	t := domain.TemplateItem{
		ID: r.Code, Crew: r.Crew, Phase: r.Phase, Offset: map[string]string{}, Flag: r.Flag, Zh: r.Zh, En: r.En, Evidence: r.Evidence, Acceptance: r.Acceptance,
		Clauses: lines(r.Clauses), GuidanceZh: r.GuidanceZh, GuidanceEn: r.GuidanceEn, Picture: r.Picture, Struck: r.Struck, Rev: r.Rev,
	}
	for _, line := range lines(r.Rules) {
		level, rule, _ := strings.Cut(line, "=")
		t.Offset[level] = rule
	}
	if r.UnitZh != "" || r.UnitEn != "" || r.ReadingMin != nil || r.ReadingMax != nil {
		t.Unit = &domain.TemplateUnit{Zh: r.UnitZh, En: r.UnitEn, Min: r.ReadingMin, Max: r.ReadingMax}
	}
	return t
}

// builtInID is the id of version 1 everywhere.
const builtInID = "00000000-0000-7000-8000-000000000001"

// builtIn writes version 1 where it is not yet. Instances that come at once wait for
// the first one's row. No log row stands for it: nobody did it.
func (s *Store) builtIn(ctx context.Context, db bun.IDB) error {
	now := s.Now()
	v := &domain.TemplateVersion{ID: builtInID, Number: domain.BuiltInNo, State: domain.TemplatePublished, MadeAt: now, PublishedAt: &now}
	res, err := db.NewInsert().Model(v).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return insertTemplate(ctx, db, builtInID, domain.Templates())
}

func insertTemplate(ctx context.Context, db bun.IDB, version string, list []domain.TemplateItem) error {
	rows := make([]templateItem, len(list))
	for k := range list {
		rows[k] = newTemplateItem(version, list[k], k+1)
	}
	for chunk := range slices.Chunk(rows, 100) {
		if _, err := db.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// NeedTemplates writes the built-in version where there is none.
func (s *Store) NeedTemplates(ctx context.Context) error {
	n, err := newestTemplate(ctx, s.read)
	if err != nil || n > 0 {
		return asPerson(err)
	}
	return asPerson(s.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return s.builtIn(ctx, tx) }))
}

func newestTemplate(ctx context.Context, db bun.IDB) (n int, err error) {
	err = db.NewSelect().TableExpr("template_versions").ColumnExpr("COALESCE(MAX(number), 0)").Scan(ctx, &n)
	return n, err
}

// NewestTemplate is the number of the version that new events get.
func (s *Store) NewestTemplate(ctx context.Context) (int, error) {
	n, err := newestTemplate(ctx, s.read)
	return max(n, domain.BuiltInNo), asPerson(err)
}

func (tx *Tx) newestTemplate(ctx context.Context) (int, error) {
	n, err := newestTemplate(ctx, tx)
	if err == nil && n == 0 {
		n, err = domain.BuiltInNo, tx.s.builtIn(ctx, tx)
	}
	return n, err
}

// TemplateList are the items of a published version, in order. They never change, so
// they are read once; the caller changes nothing in them.
func (s *Store) TemplateList(ctx context.Context, number int) ([]domain.TemplateItem, error) {
	list, err := s.templateList(ctx, s.read, number)
	return list, asPerson(err)
}

func (s *Store) templateList(ctx context.Context, db bun.IDB, number int) ([]domain.TemplateItem, error) {
	if list, ok := s.templates.Load(number); ok {
		return list.([]domain.TemplateItem), nil //nolint:forcetypeassert // nothing else is put in
	}
	list, err := templateItems(ctx, db, "version_id = (SELECT id FROM template_versions WHERE number = ?)", number)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("version %d of the templates has no items", number)
	}
	s.templates.Store(number, list)
	return list, nil
}

func templateItems(ctx context.Context, db bun.IDB, where string, args ...any) ([]domain.TemplateItem, error) {
	var rows []templateItem
	if err := db.NewSelect().Model(&rows).Where(where, args...).OrderExpr("sort, id").Scan(ctx); err != nil {
		return nil, err
	}
	list := make([]domain.TemplateItem, len(rows))
	for k := range rows {
		list[k] = rows[k].item()
	}
	return list, nil
}

// wants are the items that an event should have, by the version that they are of.
type wants struct{ lists map[int][]domain.Item }

// wants makes the items of the version that the event runs; an event without one gets
// the newest.
func (tx *Tx) wants(ctx context.Context, e *domain.Event) (*wants, error) {
	if e.TemplateNo == 0 {
		var err error
		if e.TemplateNo, err = tx.newestTemplate(ctx); err != nil {
			return nil, err
		}
		if _, err := tx.NewRaw("UPDATE events SET template_no = ? WHERE id = ?", e.TemplateNo, e.ID).Exec(ctx); err != nil {
			return nil, err
		}
	}
	w := &wants{lists: map[int][]domain.Item{}}
	_, err := w.list(ctx, tx, e, e.TemplateNo)
	return w, err
}

func (w *wants) list(ctx context.Context, tx *Tx, e *domain.Event, number int) ([]domain.Item, error) {
	if list, ok := w.lists[number]; ok {
		return list, nil
	}
	templates, err := tx.s.templateList(ctx, tx, number)
	if err != nil {
		return nil, err
	}
	list, err := itemsOf(templates, number, e, tx.s.Loc, tx.Now)
	w.lists[number] = list
	return list, err
}

// of is what the item's own version wants of it; nil: nothing.
func (w *wants) of(ctx context.Context, tx *Tx, e *domain.Event, i *domain.Item) (*domain.Item, error) {
	number := cmp.Or(i.TemplateNo, e.TemplateNo)
	list, err := w.list(ctx, tx, e, number)
	if err != nil {
		return nil, err
	}
	k := slices.IndexFunc(list, func(x domain.Item) bool { return x.TemplateID == i.TemplateID })
	if k < 0 {
		return nil, nil
	}
	return &list[k], nil
}

func itemsOf(templates []domain.TemplateItem, number int, e *domain.Event, loc *time.Location, now time.Time) ([]domain.Item, error) {
	list, err := domain.ItemsFor(templates, e, loc, now, NewID)
	for k := range list {
		list[k].TemplateNo = number
	}
	return list, err
}

// TemplateVersions lists the draft and what was published, the newest first.
func (s *Store) TemplateVersions(ctx context.Context) ([]domain.TemplateVersion, error) {
	var list []domain.TemplateVersion
	err := s.read.NewSelect().Model(&list).Where("state <> 'dropped'").OrderExpr("CASE WHEN state = 'draft' THEN 0 ELSE 1 END, number DESC").Scan(ctx)
	return list, asPerson(err)
}

// TemplateVersion is one version by its id or its number, with all its items.
func (s *Store) TemplateVersion(ctx context.Context, id string) (*domain.TemplateVersion, []domain.TemplateItem, error) {
	v, err := templateVersion(ctx, s.read, id)
	if err != nil {
		return nil, nil, asPerson(err)
	}
	list, err := templateItems(ctx, s.read, "version_id = ?", v.ID)
	return v, list, asPerson(err)
}

func templateVersion(ctx context.Context, db bun.IDB, id string) (*domain.TemplateVersion, error) {
	v := new(domain.TemplateVersion)
	q := db.NewSelect().Model(v).Where("state <> 'dropped'")
	if n, err := strconv.Atoi(id); err == nil {
		q = q.Where("number = ? AND number > 0", n)
	} else {
		q = q.Where("id = ?", id)
	}
	return v, noRows(q.Scan(ctx))
}

// changeDraft locks the floor and loads the draft of that id; what is published is
// refused. fn returns the log row, or nil when nothing changed. Needs RightTemplates.
func (s *Store) changeDraft(ctx context.Context, act domain.Act, id string, fn func(ctx context.Context, tx *Tx, v *domain.TemplateVersion) (*domain.Change, error)) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightTemplates); err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		v, err := templateVersion(ctx, tx, id)
		if err != nil {
			return err
		}
		if v.State != domain.TemplateDraft {
			return domain.Conflict("template.published")
		}
		c, err := fn(ctx, tx, v)
		if err == nil && c != nil {
			tx.recordTemplate(v.ID, *c)
		}
		return err
	})
}

func (tx *Tx) recordTemplate(version string, c domain.Change) {
	c.Topic, c.Subject = domain.TopicFloor, "template:"+version
	tx.Record(c)
}

// DraftTemplate begins a draft as a copy of the newest version. Needs RightTemplates.
func (s *Store) DraftTemplate(ctx context.Context, act domain.Act) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightTemplates); err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		if open, err := tx.NewSelect().TableExpr("template_versions").Where("state = 'draft'").Exists(ctx); err != nil {
			return err
		} else if open {
			return domain.Conflict("template.draft_exists")
		}
		base, err := tx.newestTemplate(ctx)
		if err != nil {
			return err
		}
		list, err := s.templateList(ctx, tx, base)
		if err != nil {
			return err
		}
		v := &domain.TemplateVersion{ID: NewID(), State: domain.TemplateDraft, BaseNo: base, MadeBy: personID(act), MadeAt: tx.Now}
		if _, err := tx.NewInsert().Model(v).Exec(ctx); err != nil {
			return err
		}
		kept := make([]domain.TemplateItem, 0, len(list))
		for k := range list {
			if !list[k].Struck {
				t := list[k].Copy()
				t.Rev = 1
				kept = append(kept, t)
			}
		}
		if err := insertTemplate(ctx, tx, v.ID, kept); err != nil {
			return err
		}
		tx.Receipt.Created = v.ID
		tx.recordTemplate(v.ID, domain.Change{Verb: "template.drafted", New: strconv.Itoa(base)})
		return nil
	})
}

// DropTemplate gives a draft up.
func (s *Store) DropTemplate(ctx context.Context, act domain.Act, id string) (domain.Receipt, error) {
	return s.changeDraft(ctx, act, id, func(ctx context.Context, tx *Tx, v *domain.TemplateVersion) (*domain.Change, error) {
		v.State = domain.TemplateDropped
		_, err := tx.NewUpdate().Model(v).WherePK().Exec(ctx)
		return &domain.Change{Verb: "template.dropped"}, err
	})
}

func (tx *Tx) draftItem(ctx context.Context, version, code string) (*templateItem, error) {
	r := new(templateItem)
	return r, noRows(tx.NewSelect().Model(r).Where("version_id = ? AND code = ?", version, code).Scan(ctx))
}

// changeDraftItem loads one item of a draft and lets fn change its row, which gets the
// next revision.
func (s *Store) changeDraftItem(ctx context.Context, act domain.Act, id, code string, fn func(tx *Tx, r *templateItem) (*domain.Change, error)) (domain.Receipt, error) {
	return s.changeDraft(ctx, act, id, func(ctx context.Context, tx *Tx, v *domain.TemplateVersion) (*domain.Change, error) {
		r, err := tx.draftItem(ctx, v.ID, code)
		if err != nil {
			return nil, err
		}
		c, err := fn(tx, r)
		if err != nil || c == nil {
			return nil, err
		}
		r.Rev++
		_, err = tx.NewUpdate().Model(r).WherePK().Exec(ctx)
		c.Label, c.LabelEn, c.Crew = r.Code+" "+r.Zh, labelEn(r), r.Crew
		return c, err
	})
}

func labelEn(r *templateItem) string {
	if r.En == "" {
		return ""
	}
	return r.Code + " " + r.En
}

// SaveTemplateItem changes an item of a draft that the person saw at that revision.
// Somebody else's change since is a refusal (template.edited), never overwritten.
func (s *Store) SaveTemplateItem(ctx context.Context, act domain.Act, id string, rev int, in domain.TemplateItem) (domain.Receipt, error) {
	return s.changeDraftItem(ctx, act, id, in.ID, func(_ *Tx, r *templateItem) (*domain.Change, error) {
		in := in.Copy() // a retry begins anew
		if err := in.Validate(); err != nil {
			return nil, err
		}
		was := r.item()
		in.Picture, in.Struck = was.Picture, was.Struck
		if domain.SameTemplate(&was, &in) {
			return nil, nil
		}
		if r.Rev != rev {
			return nil, domain.Conflict("template.edited", "code", r.Code)
		}
		fields := domain.DiffTemplates([]domain.TemplateItem{stand(was)}, []domain.TemplateItem{stand(in)})
		keep := *r
		*r = newTemplateItem(r.VersionID, in, r.Sort)
		r.ID, r.Rev = keep.ID, keep.Rev
		return &domain.Change{Verb: "template.item_changed", Note: fieldNames(fields)}, nil
	})
}

func stand(t domain.TemplateItem) domain.TemplateItem {
	t.Struck = false
	return t
}

func fieldNames(list []domain.TemplateChange) string {
	var names []string
	for k := range list {
		for _, f := range list[k].Fields {
			names = append(names, f.Field)
		}
	}
	return strings.Join(names, " ")
}

// AddTemplateItem puts a new item into a draft, last of its phase and crew.
func (s *Store) AddTemplateItem(ctx context.Context, act domain.Act, id string, in domain.TemplateItem) (domain.Receipt, error) {
	return s.changeDraft(ctx, act, id, func(ctx context.Context, tx *Tx, v *domain.TemplateVersion) (*domain.Change, error) {
		in := in.Copy()
		if err := in.Validate(); err != nil {
			return nil, err
		}
		in.Struck, in.Rev = false, 1
		return tx.addTemplateItem(ctx, v, in)
	})
}

func (tx *Tx) addTemplateItem(ctx context.Context, v *domain.TemplateVersion, in domain.TemplateItem) (*domain.Change, error) {
	list, err := templateItems(ctx, tx, "version_id = ?", v.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case len(list) >= domain.TemplateItemsMost:
		return nil, domain.Conflict("template.too_many", "max", strconv.Itoa(domain.TemplateItemsMost))
	case slices.ContainsFunc(list, func(t domain.TemplateItem) bool { return t.ID == in.ID }):
		return nil, domain.InvalidField("code", "template.code_taken", "code", in.ID)
	}
	after := len(list)
	for k := range list {
		if list[k].Phase == in.Phase && list[k].Crew == in.Crew {
			after = k + 1
		}
	}
	if _, err := tx.NewRaw("UPDATE template_items SET sort = sort + 1 WHERE version_id = ? AND sort > ?", v.ID, after).Exec(ctx); err != nil {
		return nil, err
	}
	r := newTemplateItem(v.ID, in, after+1)
	if _, err := tx.NewInsert().Model(&r).Exec(ctx); err != nil {
		return nil, err
	}
	tx.Receipt.Created = r.Code
	return &domain.Change{Verb: "template.item_added", Label: r.Code + " " + r.Zh, LabelEn: labelEn(&r), Crew: r.Crew}, nil
}

// CopyTemplateItem puts a copy of an item beside it, with the next free code.
func (s *Store) CopyTemplateItem(ctx context.Context, act domain.Act, id, code string) (domain.Receipt, error) {
	return s.changeDraft(ctx, act, id, func(ctx context.Context, tx *Tx, v *domain.TemplateVersion) (*domain.Change, error) {
		r, err := tx.draftItem(ctx, v.ID, code)
		if err != nil {
			return nil, err
		}
		list, err := templateItems(ctx, tx, "version_id = ?", v.ID)
		if err != nil {
			return nil, err
		}
		t := r.item()
		t.ID, t.Struck, t.Rev = domain.NextCode(list, code), false, 1
		return tx.addTemplateItem(ctx, v, t)
	})
}

// StrikeTemplateItem takes an item out of a draft, or puts it back.
func (s *Store) StrikeTemplateItem(ctx context.Context, act domain.Act, id, code string, struck bool) (domain.Receipt, error) {
	return s.changeDraftItem(ctx, act, id, code, func(_ *Tx, r *templateItem) (*domain.Change, error) {
		if struck && domain.Wired(r.Code) {
			return nil, domain.Conflict("template.wired", "code", r.Code)
		}
		if r.Struck == struck {
			return nil, nil
		}
		r.Struck = struck
		verb := "template.item_restored"
		if struck {
			verb = "template.item_struck"
		}
		return &domain.Change{Verb: verb}, nil
	})
}

// PictureTemplateItem sets the file of the picture that shows how an item is done; "" takes it off.
func (s *Store) PictureTemplateItem(ctx context.Context, act domain.Act, id, code, file string) (domain.Receipt, error) {
	return s.changeDraftItem(ctx, act, id, code, func(_ *Tx, r *templateItem) (*domain.Change, error) {
		if r.Picture == file {
			return nil, nil
		}
		r.Picture = file
		return &domain.Change{Verb: "template.item_changed", Note: "picture"}, nil
	})
}

// TemplatePicture tells whether a picture stands in a version that the program still shows.
func (s *Store) TemplatePicture(ctx context.Context, file string) error {
	found, err := s.read.NewSelect().TableExpr("template_items").Where("picture = ?", file).Exists(ctx)
	if err == nil && !found {
		err = domain.ErrNotFound
	}
	return asPerson(err)
}

// MoveTemplateItem changes places with the neighbour of the same phase and crew.
func (s *Store) MoveTemplateItem(ctx context.Context, act domain.Act, id, code string, up bool) (domain.Receipt, error) {
	return s.changeDraft(ctx, act, id, func(ctx context.Context, tx *Tx, v *domain.TemplateVersion) (*domain.Change, error) {
		r, err := tx.draftItem(ctx, v.ID, code)
		if err != nil {
			return nil, err
		}
		where, order := "sort > ?", "sort"
		if up {
			where, order = "sort < ?", "sort DESC"
		}
		var other templateItem
		err = noRows(tx.NewSelect().Model(&other).Where("version_id = ? AND phase = ? AND crew = ? AND NOT struck", v.ID, r.Phase, r.Crew).Where(where, r.Sort).OrderExpr(order).Limit(1).Scan(ctx))
		if e, ok := domain.AsError(err); ok && e.Code == domain.CodeNotFound {
			return nil, nil // the first, or the last
		}
		if err != nil {
			return nil, err
		}
		for _, x := range []struct {
			id   string
			sort int
		}{{r.ID, other.Sort}, {other.ID, r.Sort}} {
			if _, err := tx.NewRaw("UPDATE template_items SET sort = ? WHERE id = ?", x.sort, x.id).Exec(ctx); err != nil {
				return nil, err
			}
		}
		return &domain.Change{Verb: "template.item_moved", Label: r.Code + " " + r.Zh, LabelEn: labelEn(r), Crew: r.Crew}, nil
	})
}

// PublishTemplate makes a draft the version that new events get. What it says can
// never be changed again.
func (s *Store) PublishTemplate(ctx context.Context, act domain.Act, id, note string) (domain.Receipt, error) {
	note = domain.Clean(note, true)
	return s.changeDraft(ctx, act, id, func(ctx context.Context, tx *Tx, v *domain.TemplateVersion) (*domain.Change, error) {
		switch {
		case note == "":
			return nil, domain.InvalidField("note", "field.required")
		case len([]rune(note)) > 400:
			return nil, domain.InvalidField("note", "field.too_long", "max", "400")
		}
		list, err := templateItems(ctx, tx, "version_id = ?", v.ID)
		if err != nil {
			return nil, err
		}
		if err := domain.ValidateTemplates(list); err != nil {
			return nil, err
		}
		base, err := s.templateList(ctx, tx, v.BaseNo)
		if err != nil {
			return nil, err
		}
		diff := domain.DiffTemplates(base, list)
		if len(diff) == 0 {
			return nil, domain.Conflict("template.no_change")
		}
		newest, err := tx.newestTemplate(ctx)
		if err != nil {
			return nil, err
		}
		v.Number, v.State, v.Note, v.PublishedBy, v.PublishedAt = newest+1, domain.TemplatePublished, note, personID(act), &tx.Now
		if _, err := tx.NewUpdate().Model(v).WherePK().Exec(ctx); err != nil {
			return nil, err
		}
		tx.Receipt.Created = strconv.Itoa(v.Number)
		return &domain.Change{Verb: "template.published", New: strconv.Itoa(v.Number), Note: note}, nil
	})
}

// ImportTemplates brings a draft in step with a list: items that it names are changed
// or added, others stay. Where the list names all, its order is the draft's. What it
// would do is domain.DiffTemplates of MergeTemplates.
func (s *Store) ImportTemplates(ctx context.Context, act domain.Act, id string, in []domain.TemplateItem) (domain.Receipt, error) {
	return s.changeDraft(ctx, act, id, func(ctx context.Context, tx *Tx, v *domain.TemplateVersion) (*domain.Change, error) {
		var rows []templateItem
		if err := tx.NewSelect().Model(&rows).Where("version_id = ?", v.ID).OrderExpr("sort, id").Scan(ctx); err != nil {
			return nil, err
		}
		have := make([]domain.TemplateItem, len(rows))
		at := make(map[string]*templateItem, len(rows))
		for k := range rows {
			have[k], at[rows[k].Code] = rows[k].item(), &rows[k]
		}
		merged, err := domain.MergeTemplates(have, in)
		if err != nil {
			return nil, err
		}
		diff := domain.DiffTemplates(have, merged)
		if len(diff) == 0 {
			return nil, nil
		}
		for k := range merged {
			was := at[merged[k].ID]
			r := newTemplateItem(v.ID, merged[k], k+1)
			if was == nil {
				_, err = tx.NewInsert().Model(&r).Exec(ctx)
			} else {
				old := was.item()
				r.ID, r.Rev = was.ID, was.Rev
				if !domain.SameTemplate(&old, &merged[k]) || old.Struck != merged[k].Struck {
					r.Rev++
				}
				if r != *was {
					_, err = tx.NewUpdate().Model(&r).WherePK().Exec(ctx)
				}
			}
			if err != nil {
				return nil, err
			}
		}
		added, changed, struck := domain.CountChanges(diff)
		return &domain.Change{Verb: "template.imported", New: fmt.Sprintf("+%d ~%d −%d", added, changed, struck)}, nil
	})
}

// PlanTemplate is what the newest version would do to the items of an event; nil when
// the event runs it, or is not worked on. The caller has loaded the event through the
// person's rights.
func (s *Store) PlanTemplate(ctx context.Context, e *domain.Event) (*domain.TemplateUpdate, error) {
	newest, err := s.NewestTemplate(ctx)
	if err != nil || e.TemplateNo == 0 || e.TemplateNo >= newest || !e.Status.Working() {
		return nil, err
	}
	have, err := s.Items(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	list, err := s.TemplateList(ctx, newest)
	if err != nil {
		return nil, err
	}
	want, err := itemsOf(list, newest, e, s.Loc, s.Now())
	if err != nil {
		return nil, err
	}
	u := domain.PlanUpdate(have, want, e.TemplateNo, newest)
	return &u, nil
}

// UpdateTemplate gives an event the newest version: items that nobody has begun take
// its words and rules, new ones are added, those it has no more are left out; what was
// begun stays. number is the version that the person looked at. Needs RightEventRun.
func (s *Store) UpdateTemplate(ctx context.Context, act domain.Act, eventID string, number int) (domain.Receipt, error) {
	return s.changeEvent(ctx, act, eventID, domain.RightEventRun, func(ctx context.Context, tx *Tx, e *domain.Event, _ domain.Viewer) error {
		newest, err := tx.newestTemplate(ctx)
		switch {
		case err != nil:
			return err
		case !e.Status.Working() || e.TemplateNo == 0:
			return domain.Conflict("event.not_working")
		case e.TemplateNo == newest:
			return nil // said twice: quiet
		case number != newest:
			return domain.Conflict("template.newer", "number", strconv.Itoa(newest))
		}
		have, err := tx.items(ctx, e.ID)
		if err != nil {
			return err
		}
		list, err := s.templateList(ctx, tx, newest)
		if err != nil {
			return err
		}
		want, err := itemsOf(list, newest, e, s.Loc, tx.Now)
		if err != nil {
			return err
		}
		u := domain.PlanUpdate(have, want, e.TemplateNo, newest)
		if err := tx.applyTemplate(ctx, e, &u, have, want); err != nil {
			return err
		}
		old := e.TemplateNo
		e.TemplateNo = newest
		if err := tx.saveEvent(ctx, e, domain.Change{Verb: "event.template", Old: strconv.Itoa(old), New: strconv.Itoa(newest)}); err != nil {
			return err
		}
		return tx.syncItems(ctx, e)
	})
}

// applyTemplate writes what differs, a log row each, and moves what only changes its
// place or its version along.
func (tx *Tx) applyTemplate(ctx context.Context, e *domain.Event, u *domain.TemplateUpdate, have, want []domain.Item) error {
	note := strconv.Itoa(u.From) + " → " + strconv.Itoa(u.To)
	touched := map[string]bool{}
	for k := range u.Changed {
		i := &u.Changed[k]
		touched[i.ID] = true
		i.TemplateNo = u.To
		i.Retime(e, tx.s.Loc)
		if err := tx.saveItem(ctx, e, i, domain.Change{Verb: "item.template", Old: string(i.Status), Note: note}); err != nil {
			return err
		}
	}
	for k := range u.Taken {
		i := &u.Taken[k]
		touched[i.ID] = true
		i.Status, i.Reason, i.ReasonBy, i.StateAt, i.TemplateNo = domain.ItemNotNeeded, domain.ReasonNotInTemplate, "", tx.At, u.To
		if err := tx.saveItem(ctx, e, i, domain.Change{Verb: "item.not_needed", Old: string(domain.ItemOpen), Note: note}); err != nil {
			return err
		}
	}
	place := make(map[string]int, len(want))
	for k := range want {
		place[want[k].TemplateID] = want[k].Sort
	}
	var rest []fmt.Stringer
	for k := range have {
		h := &have[k]
		sort, stays := place[h.TemplateID]
		if h.TemplateID == "" || touched[h.ID] || !stays {
			continue
		}
		number := u.To
		if slices.ContainsFunc(u.Kept, func(i domain.Item) bool { return i.ID == h.ID }) {
			number = h.TemplateNo
		}
		if h.Sort != sort || h.TemplateNo != number {
			rest = append(rest, tx.NewRaw("UPDATE items SET sort = ?, template_no = ? WHERE id = ?", sort, number, h.ID))
		}
	}
	return tx.together(ctx, rest)
}

// Proposals are those that wait for an answer, and the last that have one.
func (s *Store) Proposals(ctx context.Context, answered int) ([]domain.Proposal, error) {
	var list []domain.Proposal
	q := func() *bun.SelectQuery {
		return s.read.NewSelect().Model(&list).ColumnExpr("proposal.*, i.zh AS item, e.number AS event").
			Join("JOIN items AS i ON i.id = proposal.item_id").Join("JOIN events AS e ON e.id = proposal.event_id")
	}
	if err := q().Where("proposal.state = 'open'").OrderExpr("proposal.at, proposal.id").Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	open := list
	list = nil
	err := q().Where("proposal.state <> 'open'").OrderExpr("proposal.answered_at DESC, proposal.id").Limit(int64(answered)).Scan(ctx)
	return append(open, list...), asPerson(err)
}

// Propose keeps what somebody would have different in the template of an item. Everybody
// may who sees the item's event.
func (s *Store) Propose(ctx context.Context, act domain.Act, itemID, text string) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		i := new(domain.Item)
		if err := tx.NewSelect().Model(i).Where("id = ?", itemID).Scan(ctx); err != nil {
			return noRows(err)
		}
		if _, _, err := eventOnly(ctx, tx, act.Person, i.EventID); err != nil {
			return err
		}
		if i.TemplateID == "" {
			return domain.Conflict("proposal.ad_hoc")
		}
		text, err := domain.CheckProposal(text)
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		p := &domain.Proposal{ID: NewID(), EventID: i.EventID, ItemID: i.ID, Code: i.TemplateID, Text: text, State: domain.ProposalOpen, ByID: personID(act), At: tx.At}
		if _, err := tx.NewInsert().Model(p).Exec(ctx); err != nil {
			return err
		}
		tx.Receipt.Created, tx.Receipt.Notice = p.ID, "proposal.made"
		tx.Record(domain.Change{Topic: domain.TopicFloor, Subject: "proposal:" + p.ID, Verb: "proposal.made", Label: i.TemplateID + " " + i.Zh})
		return nil
	})
}

// AnswerProposal takes a proposal into the draft that is worked on, or declines it; its
// proposer is told. Needs RightTemplates.
func (s *Store) AnswerProposal(ctx context.Context, act domain.Act, id string, state domain.ProposalState, answer string) (domain.Receipt, error) {
	return s.Write(ctx, act, func(ctx context.Context, tx *Tx) error {
		if err := tx.need(domain.RightTemplates); err != nil {
			return err
		}
		answer = domain.Clean(answer, false)
		switch {
		case state != domain.ProposalTaken && state != domain.ProposalDeclined:
			return domain.InvalidField("state", "field.choose")
		case state == domain.ProposalDeclined && answer == "":
			return domain.InvalidField("reason", "proposal.answer_needed")
		case len([]rune(answer)) > 200:
			return domain.InvalidField("reason", "field.too_long", "max", "200")
		}
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		p := new(domain.Proposal)
		if err := tx.NewSelect().Model(p).ColumnExpr("proposal.*, i.zh AS item").Join("JOIN items AS i ON i.id = proposal.item_id").Where("proposal.id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		if p.State != domain.ProposalOpen {
			return domain.Conflict("proposal.answered")
		}
		p.State, p.Answer, p.AnsweredBy, p.AnsweredAt = state, answer, personID(act), &tx.At
		if _, err := tx.NewUpdate().Model(p).WherePK().Exec(ctx); err != nil {
			return err
		}
		tx.Record(domain.Change{Topic: domain.TopicFloor, Subject: "proposal:" + p.ID, Verb: "proposal." + string(state), Label: p.Code + " " + p.Item, Note: answer})
		if p.ByID == "" {
			return nil
		}
		t := &domain.Trigger{
			Key: p.ID + ":answered", Kind: domain.NoticeProposal, EventID: p.EventID, URL: "/events/" + p.EventID + "/items#item-" + p.ItemID,
			Args: domain.Args{"item": p.Code + " " + p.Item, "outcome": string(state), "answer": answer},
		}
		n, err := newNotice(t, domain.Recipient{PersonID: p.ByID}, tx.Now)
		if err != nil {
			return err
		}
		return tx.addNotices(ctx, []domain.Notice{n})
	})
}
