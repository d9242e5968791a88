package demo

import (
	"context"
	"slices"

	"huiwu/server/domain"
)

// template publishes what the crews learned last, as version 2, and begins the next draft;
// an attendant proposes a change. It comes before anything is ticked: the visit runs
// version 1 and its commander may take the new one.
func (t *troupe) template(ctx context.Context, visit string) error {
	by := domain.Act{Person: t.people[supervisor]}
	id, err := t.edit(ctx, by, func(i *domain.TemplateItem) {
		i.GuidanceZh = "先关掉会场背景音乐，再逐路试话筒：主席台、发言席、手持。\n有啸叫时先降低音量，再移动话筒。"
		i.GuidanceEn = "Turn the background music off, then try each microphone: dais, lectern, hand-held.\nIf it howls, lower the volume before you move it."
	})
	if err != nil {
		return err
	}
	if _, err := t.s.PublishTemplate(ctx, by, id, "补充话筒调试说明"); err != nil {
		return err
	}
	if _, err := t.edit(ctx, by, func(i *domain.TemplateItem) { i.Zh += "，贴好编号" }); err != nil {
		return err
	}
	items, err := t.s.Items(ctx, visit)
	if err != nil {
		return err
	}
	k := slices.IndexFunc(items, func(i domain.Item) bool { return i.TemplateID == "S6" })
	_, err = t.s.Propose(ctx, domain.Act{Person: t.people["service"]}, items[max(k, 0)].ID, "鲜花请提前十分钟到位，花泥要先浇透")
	return err
}

// edit begins a draft and changes one item in it.
func (t *troupe) edit(ctx context.Context, by domain.Act, fn func(*domain.TemplateItem)) (string, error) {
	draft, err := t.s.DraftTemplate(ctx, by)
	if err != nil {
		return "", err
	}
	_, list, err := t.s.TemplateVersion(ctx, draft.Created)
	if err != nil {
		return "", err
	}
	k := slices.IndexFunc(list, func(i domain.TemplateItem) bool { return i.ID == "E3" })
	item := list[max(k, 0)].Copy()
	fn(&item)
	_, err = t.s.SaveTemplateItem(ctx, by, draft.Created, item.Rev, item)
	return draft.Created, err
}
