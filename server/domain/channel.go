package domain

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// ChannelKind is whose chat a robot lives in.
type ChannelKind string

// The chats whose group robots are known.
const (
	ChannelWeCom    ChannelKind = "wecom"
	ChannelDingTalk ChannelKind = "dingtalk"
	ChannelFeishu   ChannelKind = "feishu"
)

// ChannelKinds in the order in which forms offer them.
var ChannelKinds = []ChannelKind{ChannelWeCom, ChannelDingTalk, ChannelFeishu}

// ChannelTopics are the kinds of notices that a group may be told.
var ChannelTopics = []NoticeKind{NoticeLate, NoticeBlocked, NoticeRejected, NoticeChanged, NoticeReady, NoticeGuest, NoticeDue}

// robots is where each chat takes messages: host, path, and the name of the
// argument that holds the key ("" = the key is the end of the path). An address
// elsewhere is refused, so this is no way to reach other machines.
var robots = map[ChannelKind]struct {
	hosts []string
	path  string
	arg   string
}{
	ChannelWeCom:    {[]string{"qyapi.weixin.qq.com"}, "/cgi-bin/webhook/send", "key"},
	ChannelDingTalk: {[]string{"oapi.dingtalk.com"}, "/robot/send", "access_token"},
	ChannelFeishu:   {[]string{"open.feishu.cn", "open.larksuite.com"}, "/open-apis/bot/v2/hook/", ""},
}

// Channel is a robot of a chat group. URL and Secret are secrets: they are
// never shown again.
type Channel struct {
	ID           string      `bun:",pk" json:"id"`
	Kind         ChannelKind `json:"kind"`
	Name         string      `json:"name"`
	URL          string      `json:"-"`
	Secret       string      `bun:",nullzero" json:"-"`
	Topics       string      `json:"topics"` // kinds of notices, one a line
	Locale       string      `json:"locale"`
	MadeAt       time.Time   `json:"made_at"`
	NextAt       time.Time   `json:"-"` // before it nothing is sent: the chat's own limit
	ClaimedUntil *time.Time  `json:"-"`
	Attempts     int         `json:"-"`
	DeliveredAt  *time.Time  `json:"delivered_at,omitempty"`
	FailingSince *time.Time  `json:"failing_since,omitempty"`
	Failure      string      `bun:",nullzero" json:"failure,omitempty"` // what the chat said last
}

// Wants tells whether the group is told of such things. A test always comes.
func (c *Channel) Wants(k NoticeKind) bool {
	return k == NoticeTest || slices.Contains(c.Kinds(), k)
}

// Kinds of notices that the group is told.
func (c *Channel) Kinds() []NoticeKind {
	var list []NoticeKind
	for _, k := range strings.Fields(c.Topics) {
		list = append(list, NoticeKind(k))
	}
	return list
}

// Pause is the rest between two messages that the chat's limit asks for: 20 a
// minute for WeCom and DingTalk, 100 for Feishu.
func (c *Channel) Pause() time.Duration {
	if c.Kind == ChannelFeishu {
		return 700 * time.Millisecond
	}
	return 3100 * time.Millisecond
}

// Validate checks the typed fields; fields are named as in the form.
func (c *Channel) Validate() error {
	var bad Invalid
	c.Name = Clean(c.Name, false)
	if c.Name == "" {
		bad.Add("name", "field.required")
	} else if len([]rune(c.Name)) > 40 {
		bad.Add("name", "field.too_long", "max", "40")
	}
	c.Secret = Clean(c.Secret, false)
	if len(c.Secret) > 200 {
		bad.Add("secret", "field.too_long", "max", "200")
	}
	if c.Locale != "en" {
		c.Locale = "zh"
	}
	kinds := c.Kinds()
	kinds = slices.DeleteFunc(kinds, func(k NoticeKind) bool { return !slices.Contains(ChannelTopics, k) })
	if len(kinds) == 0 {
		bad.Add("topics", "channel.topics_needed")
	}
	words := make([]string, len(kinds))
	for k := range kinds {
		words[k] = string(kinds[k])
	}
	c.Topics = strings.Join(words, "\n")
	c.URL = Clean(c.URL, false)
	switch robot, known := robots[c.Kind]; {
	case !known:
		bad.Add("kind", "field.choose")
	case c.URL == "":
		bad.Add("url", "field.required")
	default:
		u, err := url.Parse(c.URL)
		key := ""
		if err == nil {
			if key = u.Query().Get(robot.arg); robot.arg == "" {
				key = strings.TrimPrefix(u.Path, robot.path)
			}
		}
		right := err == nil && len(c.URL) <= 500 && u.Scheme == "https" && u.User == nil && slices.Contains(robot.hosts, u.Host) && key != "" && u.Fragment == "" &&
			(robot.arg != "" && u.Path == robot.path || robot.arg == "" && strings.HasPrefix(u.Path, robot.path) && !strings.Contains(key, "/"))
		if !right {
			bad.Add("url", "channel.url_"+string(c.Kind), "example", "https://"+robot.hosts[0]+robot.path)
		}
	}
	return bad.Err()
}
