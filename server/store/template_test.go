package store_test

import (
	"fmt"
	"strings"
	"testing"

	"huiwu/server/domain"
	"huiwu/server/store"
)

// draft begins a draft of the templates and gives its id.
func (w *world) draftTemplate(t *testing.T) string {
	t.Helper()
	return must(t)(w.Store.DraftTemplate(t.Context(), w.Act("supervisor"))).Created
}

func (w *world) template(t *testing.T, id, code string) domain.TemplateItem {
	t.Helper()
	_, list, err := w.Store.TemplateVersion(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for k := range list {
		if list[k].ID == code {
			return list[k]
		}
	}
	t.Fatalf("%s has no %s", id, code)
	return domain.TemplateItem{}
}

// edit changes one item of a draft.
func (w *world) editTemplate(t *testing.T, id, code string, fn func(*domain.TemplateItem)) {
	t.Helper()
	seen := w.template(t, id, code)
	item := seen.Copy()
	fn(&item)
	must(t)(w.Store.SaveTemplateItem(t.Context(), w.Act("supervisor"), id, item.Rev, item))
}

// The rows of version 1 are what is built in, whoever comes first and however many at once.
func TestBuiltInTemplate(t *testing.T) {
	empty(t, func(t *testing.T, o store.Options) {
		s, ctx := open(t, o), t.Context()
		if _, err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		const n = 6
		stores := [n]*store.Store{s}
		for k := 1; k < n; k++ {
			stores[k] = open(t, o)
		}
		together(n, func(k int) {
			if err := stores[k].NeedTemplates(ctx); err != nil {
				t.Errorf("%d: %v", k, err)
			}
		})
		versions, err := s.TemplateVersions(ctx)
		if err != nil || len(versions) != 1 || versions[0].Number != 1 || versions[0].State != domain.TemplatePublished {
			t.Fatal(versions, err)
		}
		list, err := s.TemplateList(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := domain.DiffTemplates(domain.Templates(), list); len(diff) > 0 || len(list) != len(domain.Templates()) {
			t.Errorf("%d items, %+v", len(list), diff)
		}
		equal(t, "rows", rows(t, s, "SELECT COUNT(*) FROM template_items"), len(list))
	})
}

func TestTemplateDraft(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		for _, who := range []string{"commander", "service", "captain", "control", "board"} {
			equal(t, who, refused(s.DraftTemplate(ctx, w.Act(who))), "error.forbidden")
		}
		id := w.draftTemplate(t)
		equal(t, "a second draft", refused(s.DraftTemplate(ctx, w.Act("admin"))), "template.draft_exists")
		equal(t, "nothing to publish", refused(s.PublishTemplate(ctx, w.Act("supervisor"), id, "x")), "template.no_change")

		// Two people, one item: the second is told, and nothing of the first is lost.
		seen := w.template(t, id, "S1")
		w.editTemplate(t, id, "S1", func(i *domain.TemplateItem) { i.Zh = "按级别提前到岗" })
		mine := seen.Copy()
		mine.En = "Mine"
		equal(t, "overtaken", refused(s.SaveTemplateItem(ctx, w.Act("admin"), id, seen.Rev, mine)), "template.edited")
		equal(t, "stands", w.template(t, id, "S1").Zh, "按级别提前到岗")

		bad := seen.Copy()
		bad.Zh, bad.Offset = "", map[string]string{"1": "A minus ninety"}
		_, err := s.SaveTemplateItem(ctx, w.Act("admin"), id, 2, bad)
		if e, ok := domain.AsError(err); !ok || len(e.Fields) != 2 || e.Fields[0].Field != "zh" || e.Fields[1].Field != "due_1" {
			t.Errorf("%v", err)
		}

		added := domain.TemplateItem{ID: "S1", Crew: domain.CrewSVC, Phase: domain.PhasePre, Zh: "摆放雨伞", Offset: map[string]string{"2": "A-30"}}
		equal(t, "code taken", refused(s.AddTemplateItem(ctx, w.Act("admin"), id, added)), "code:template.code_taken")
		added.ID = "S90"
		must(t)(s.AddTemplateItem(ctx, w.Act("admin"), id, added))
		equal(t, "copy", must(t)(s.CopyTemplateItem(ctx, w.Act("admin"), id, "S90")).Created, "S91")
		must(t)(s.MoveTemplateItem(ctx, w.Act("admin"), id, "S91", true))
		must(t)(s.StrikeTemplateItem(ctx, w.Act("admin"), id, "C8", true))
		equal(t, "the program waits for it", refused(s.StrikeTemplateItem(ctx, w.Act("admin"), id, "M13", true)), "template.wired")
		must(t)(s.PictureTemplateItem(ctx, w.Act("admin"), id, "S2", "picture"))

		equal(t, "without a note", refused(s.PublishTemplate(ctx, w.Act("supervisor"), id, " ")), "note:field.required")
		equal(t, "by a guard", refused(s.PublishTemplate(ctx, w.Act("security"), id, "x")), "error.forbidden")
		equal(t, "number", must(t)(s.PublishTemplate(ctx, w.Act("supervisor"), id, "雨季")).Created, "2")
		list, err := s.TemplateList(ctx, 2)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range domain.DiffTemplates(domain.Templates(), list) {
			line := c.Kind + " " + c.Item.ID
			for _, f := range c.Fields {
				line += " " + f.Field + " " + f.Old + "→" + f.New
			}
			got = append(got, line)
		}
		equal(t, "diff", strings.Join(got, "\n"), "changed S1 zh "+seen.Zh+"→按级别提前到岗\nchanged S2 picture →picture\nadded S91\nadded S90\nstruck C8")

		// What is published stays as it is.
		for name, again := range map[string]func() (domain.Receipt, error){
			"save":    func() (domain.Receipt, error) { return s.SaveTemplateItem(ctx, w.Act("admin"), id, 1, mine) },
			"add":     func() (domain.Receipt, error) { return s.AddTemplateItem(ctx, w.Act("admin"), id, added) },
			"copy":    func() (domain.Receipt, error) { return s.CopyTemplateItem(ctx, w.Act("admin"), "2", "S1") },
			"strike":  func() (domain.Receipt, error) { return s.StrikeTemplateItem(ctx, w.Act("admin"), id, "S2", true) },
			"move":    func() (domain.Receipt, error) { return s.MoveTemplateItem(ctx, w.Act("admin"), id, "S2", true) },
			"picture": func() (domain.Receipt, error) { return s.PictureTemplateItem(ctx, w.Act("admin"), id, "S2", "") },
			"import":  func() (domain.Receipt, error) { return s.ImportTemplates(ctx, w.Act("admin"), id, nil) },
			"publish": func() (domain.Receipt, error) { return s.PublishTemplate(ctx, w.Act("admin"), id, "x") },
			"drop":    func() (domain.Receipt, error) { return s.DropTemplate(ctx, w.Act("admin"), "1") },
		} {
			equal(t, name, refused(again()), "template.published")
		}
		next := w.draftTemplate(t)
		_, _, err = s.TemplateVersion(ctx, next)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "begun from", rows(t, s, "SELECT base_no FROM template_versions WHERE state = 'draft'"), 2)
		equal(t, "what was struck is gone", rows(t, s, "SELECT COUNT(*) FROM template_items WHERE code = 'C8' AND version_id = '"+next+"'"), 0)
		must(t)(s.DropTemplate(ctx, w.Act("admin"), next))
		equal(t, "dropped", refused(s.DropTemplate(ctx, w.Act("admin"), next)), "error.not_found")
		sound(t, s)
	})
}

// A version published while events run: they keep theirs until the commander takes the
// new one, and then what was begun stays.
func TestTemplateUpdate(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		before := w.items(t, w.Event)
		must(t)(s.DoItem(ctx, w.Act("service"), before["S4"].ID, ""))
		id := w.draftTemplate(t)
		w.editTemplate(t, id, "S4", func(i *domain.TemplateItem) { i.Zh = "开始之后才改的" })
		w.editTemplate(t, id, "S6", func(i *domain.TemplateItem) {
			i.Zh, i.GuidanceZh, i.Offset["1"] = "改过的一项", "先看灯。", "A-20"
		})
		must(t)(s.AddTemplateItem(ctx, w.Act("admin"), id, domain.TemplateItem{ID: "S90", Crew: domain.CrewSVC, Phase: domain.PhasePre, Zh: "摆放雨伞", Offset: map[string]string{"1": "A-30"}}))
		must(t)(s.StrikeTemplateItem(ctx, w.Act("admin"), id, "C8", true))
		must(t)(s.PublishTemplate(ctx, w.Act("supervisor"), id, "雨季"))

		e := w.event(t, w.Event)
		equal(t, "runs", e.TemplateNo, 1)
		must(t)(w.change(t, w.Event, func(d *store.EventDraft) { d.Event.TeaMinutes = 25 })) // syncs its items
		equal(t, "keeps its items", w.items(t, w.Event)["S6"].Zh, before["S6"].Zh)
		equal(t, "and gets no new ones", w.items(t, w.Event)["S90"].ID, "")

		u, err := s.PlanTemplate(ctx, w.event(t, w.Event))
		if err != nil || u == nil {
			t.Fatal(u, err)
		}
		equal(t, "plan", fmt.Sprint(len(u.Added), len(u.Changed), len(u.Taken), len(u.Kept)), "1 1 1 1")
		equal(t, "by an attendant", refused(s.UpdateTemplate(ctx, w.Act("service"), w.Event, 2)), "error.forbidden")
		equal(t, "to one that is not the newest", refused(s.UpdateTemplate(ctx, w.Act("commander"), w.Event, 7)), "template.newer")
		head := w.head(t, domain.EventTopic(w.Event))
		must(t)(s.UpdateTemplate(ctx, w.Act("commander"), w.Event, 2))
		after := w.items(t, w.Event)
		equal(t, "changed", fmt.Sprint(after["S6"].Zh, after["S6"].GuidanceZh, after["S6"].Offset, after["S6"].TemplateNo), "改过的一项先看灯。-20 2")
		equal(t, "due", *after["S6"].DueAt, e.Arrival().Add(-20*60e9))
		equal(t, "added", after["S90"].TemplateNo, 2)
		equal(t, "left out", string(after["C8"].Status)+after["C8"].Reason, "not-needed@not_in_template")
		equal(t, "begun", fmt.Sprint(after["S4"].Zh, after["S4"].Status, after["S4"].TemplateNo), before["S4"].Zh+"submitted1")
		log := w.since(t, w.Event, head)
		for _, verb := range []string{"item.template", "item.not_needed", "event.template", "item.added"} {
			if !strings.Contains(log, verb) {
				t.Errorf("no %s in the log: %s", verb, log)
			}
		}
		u, err = s.PlanTemplate(ctx, w.event(t, w.Event))
		if err != nil || u != nil {
			t.Error("still offered", u, err)
		}
		equal(t, "said twice", must(t)(s.UpdateTemplate(ctx, w.Act("commander"), w.Event, 2)).Seq, 0)
		must(t)(w.change(t, w.Event, func(d *store.EventDraft) { d.Event.TeaMinutes = 30 }))
		equal(t, "stays left out", w.items(t, w.Event)["C8"].Status, domain.ItemNotNeeded)

		// An event that is confirmed from now on gets the new one.
		fresh := w.MakeEvent(t, w.meeting("15:00", "16:00", "R3"))
		equal(t, "fresh", w.event(t, fresh).TemplateNo, 2)
		sound(t, s)
	})
}

func TestTemplateImport(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		id := w.draftTemplate(t)
		_, list, err := s.TemplateVersion(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "the same again", must(t)(s.ImportTemplates(ctx, w.Act("admin"), id, list)).Seq, 0)
		some := []domain.TemplateItem{list[3].Copy(), {ID: "S90", Crew: domain.CrewSVC, Phase: domain.PhasePre, Zh: "摆放雨伞", Offset: map[string]string{"1": "A-30"}}}
		some[0].Zh = "改了"
		must(t)(s.ImportTemplates(ctx, w.Act("admin"), id, some))
		equal(t, "changed", w.template(t, id, list[3].ID).Zh, "改了")
		equal(t, "others stay", rows(t, s, "SELECT COUNT(*) FROM template_items WHERE version_id = '"+id+"' AND NOT struck"), len(list)+1)
		_, list, err = s.TemplateVersion(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		list[0], list[1] = list[1], list[0]
		must(t)(s.ImportTemplates(ctx, w.Act("admin"), id, list))
		_, got, err := s.TemplateVersion(ctx, id)
		if err != nil || got[0].ID != list[0].ID || len(domain.DiffTemplates(list, got)) > 0 {
			t.Error(got[0].ID, err)
		}
		wired := w.template(t, id, "M7")
		wired.Struck = true
		equal(t, "wired", refused(s.ImportTemplates(ctx, w.Act("admin"), id, []domain.TemplateItem{wired})), "template.wired")
	})
}

func TestProposal(t *testing.T) {
	both(t, func(t *testing.T, w *world) {
		s, ctx := w.Store, t.Context()
		item := w.items(t, w.Event)["S6"]
		equal(t, "nothing said", refused(s.Propose(ctx, w.Act("service"), item.ID, " ")), "reason:field.required")
		p := must(t)(s.Propose(ctx, w.Act("service"), item.ID, "提前十分钟")).Created
		list, err := s.Proposals(ctx, 10)
		if err != nil || len(list) != 1 || list[0].Code != "S6" || list[0].Item != item.Zh || !strings.HasPrefix(list[0].Event, "EV-") {
			t.Fatal(list, err)
		}
		equal(t, "answered by an attendant", refused(s.AnswerProposal(ctx, w.Act("service"), p, domain.ProposalTaken, "")), "error.forbidden")
		equal(t, "declined without a word", refused(s.AnswerProposal(ctx, w.Act("supervisor"), p, domain.ProposalDeclined, "")), "reason:proposal.answer_needed")
		must(t)(s.AnswerProposal(ctx, w.Act("supervisor"), p, domain.ProposalTaken, "下个版本就有"))
		equal(t, "twice", refused(s.AnswerProposal(ctx, w.Act("admin"), p, domain.ProposalDeclined, "x")), "proposal.answered")
		notices, err := s.Notices(ctx, w.People["service"].ID, 10)
		if err != nil || len(notices) != 1 || notices[0].Kind != domain.NoticeProposal || notices[0].Args["answer"] != "下个版本就有" {
			t.Error(notices, err)
		}
		sound(t, s)
	})
}
