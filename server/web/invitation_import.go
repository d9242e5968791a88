package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/store"
)

// invitationColumns are the headings of a table of addresses and answers, beside
// those of a list of guests. Those of our own export are among them.
var invitationColumns = map[string]string{
	"邮箱": "email", "电子邮箱": "email", "邮件": "email", "email": "email", "e-mail": "email", "mail": "email",
	"语言": "locale", "language": "locale",
	"回复": "answer", "答复": "answer", "是否出席": "answer", "出席": "answer", "answer": "answer", "reply": "answer", "rsvp": "answer",
	"随行人数": "companions", "随行": "companions", "companions": "companions",
	"随行姓名": "companion_names", "随行人员": "companion_names", "companion names": "companion_names",
	"饮食": "diet", "忌口": "diet", "diet": "diet",
	"航班车次": "transport", "航班": "transport", "车次": "transport", "flight": "transport", "train": "transport", "flight or train": "transport",
	"到达时间": "arrive_at", "arrives at": "arrive_at",
	"留言": "message", "message": "message",
}

var answerWords = map[string]domain.Answer{
	"出席": domain.AnswerAccepted, "参加": domain.AnswerAccepted, "来": domain.AnswerAccepted, "是": domain.AnswerAccepted, "yes": domain.AnswerAccepted, "accepted": domain.AnswerAccepted, "coming": domain.AnswerAccepted,
	"不出席": domain.AnswerDeclined, "不参加": domain.AnswerDeclined, "不来": domain.AnswerDeclined, "否": domain.AnswerDeclined, "谢绝": domain.AnswerDeclined, "no": domain.AnswerDeclined, "declined": domain.AnswerDeclined, "not coming": domain.AnswerDeclined,
}

var localeWords = map[string]string{"zh": "zh", "中文": "zh", "chinese": "zh", "en": "en", "英文": "en", "english": "en"}

// parseInvitations reads a table of addresses and answers. Its first line must say
// what the columns are: an address in the wrong column goes to a stranger.
func (a *App) parseInvitations(text string) (drafts []store.InvitationDraft, lines []string, err error) {
	var bad domain.Invalid
	var columns []string
	lines, broken, err := readTable(text, func(record []string, line int, first bool) {
		if first {
			if columns = invitationHeading(record); columns == nil {
				bad.Add("text", "invitation.import_headers")
				bad[0].Line = line
			}
			return
		}
		if columns == nil || strings.TrimSpace(strings.Join(record, "")) == "" {
			return
		}
		d, errs := a.invitationDraft(columns, record, line)
		bad = append(bad, errs...)
		drafts = append(drafts, d)
	})
	if err != nil {
		return nil, lines, err
	}
	bad = append(bad, broken...)
	if len(bad) == 0 && len(drafts) == 0 {
		bad.Add("text", "import.empty")
	}
	return drafts, lines, bad.Err()
}

// invitationWords are all headings that such a table may have: those of guests as well.
func invitationWords() map[string]string {
	words := maps.Clone(columnNames)
	maps.Copy(words, invitationColumns)
	return words
}

// invitationHeading is nil when there are no names, or nothing to know of them.
func invitationHeading(record []string) []string {
	columns := make([]string, len(record))
	named, known := false, false
	for k, cell := range record {
		word := strings.ToLower(domain.Clean(cell, false))
		if columns[k] = invitationColumns[word]; columns[k] != "" {
			known = true
		} else if c := columnNames[word]; c == "name" || c == "organisation" || c == "plate" {
			columns[k] = c
		}
		named = named || columns[k] == "name"
	}
	if !named || !known {
		return nil
	}
	return columns
}

// foodOf is what a cell says of food: the names of diets that it begins with, in
// either language, and the rest as it stands there.
func foodOf(cell string) (diets, note string) {
	var list []string
	for rest := cell; ; {
		word := rest
		after := ""
		if k := strings.IndexAny(rest, "、,，;；"); k >= 0 {
			_, n := utf8.DecodeRuneInString(rest[k:])
			word, after = rest[:k], rest[k+n:]
		}
		k := slices.IndexFunc(domain.Diets, func(d string) bool {
			return slices.ContainsFunc(i18n.Locales, func(l string) bool { return strings.EqualFold(strings.TrimSpace(word), i18n.T(l, "diet."+d)) })
		})
		if k < 0 {
			return strings.Join(list, ","), strings.TrimSpace(rest)
		}
		list, rest = append(list, domain.Diets[k]), after
	}
}

func (a *App) invitationDraft(columns, record []string, line int) (store.InvitationDraft, domain.Invalid) {
	var bad domain.Invalid
	d := store.InvitationDraft{Line: line}
	fail := func(field, key string, args ...string) {
		bad.Add(field, key, args...)
		bad[len(bad)-1].Line = line
	}
	more, answered := false, false // more: something that only an answer says
	var says []func(*domain.Reply)
	say := func(f func(*domain.Reply)) { says, more = append(says, f), true }
	for k, cell := range record {
		lines := domain.Clean(cell, true)
		if cell = domain.Clean(cell, false); cell == "" {
			continue
		}
		if k >= len(columns) {
			fail("text", "import.too_many_columns", "n", strconv.Itoa(len(record)), "max", strconv.Itoa(len(columns)))
			break
		}
		if text, ok := strings.CutPrefix(cell, "'"); ok && safeCell(text) != text { // as it was exported
			cell, lines = text, strings.TrimPrefix(lines, "'")
		} else if formula(cell) {
			fail(columns[k], "import.formula", "cell", cut(cell, 20))
			continue
		}
		switch columns[k] {
		case "name":
			d.Name = cell
		case "organisation":
			d.Organisation = cell
		case "email":
			d.Email = cell
		case "locale":
			if d.Locale = localeWords[strings.ToLower(cell)]; d.Locale == "" {
				fail("locale", "field.choose")
			}
		case "answer":
			answer := answerWords[strings.ToLower(cell)]
			if answer == "" {
				fail("answer", "invitation.import_answer", "cell", cut(cell, 20))
			}
			say(func(r *domain.Reply) { r.Answer = answer })
			answered = true
		case "companions":
			n, err := strconv.Atoi(cell)
			if err != nil {
				n = -1 // refused with its range
			}
			say(func(r *domain.Reply) { r.Companions = n })
		case "companion_names":
			say(func(r *domain.Reply) { r.CompanionNames = cell })
		case "diet":
			say(func(r *domain.Reply) { r.Diets, r.DietNote = foodOf(cell) })
		case "transport":
			say(func(r *domain.Reply) { r.Transport = cell })
		case "arrive_at":
			at := a.arrivesAt(cell)
			if at == nil {
				fail("arrive_at", "field.time")
				continue
			}
			say(func(r *domain.Reply) {
				if r.ArriveAt == nil || !r.ArriveAt.Equal(*at) {
					r.ArriveAt = at
				}
			})
		case "plate":
			say(func(r *domain.Reply) { r.Plate = cell })
		case "message":
			say(func(r *domain.Reply) { r.Message = lines })
		}
	}
	if d.Name == "" {
		fail("name", "field.required")
	}
	if more && !answered {
		fail("answer", "invitation.import_no_answer")
	}
	if answered {
		d.Says = func(r *domain.Reply) {
			for _, f := range says {
				f(r)
			}
		}
	}
	return d, bad
}
