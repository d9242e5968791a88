package notify

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

// The vectors were made with openssl: printf MESSAGE | openssl dgst -sha256 -hmac KEY -binary | base64.
func TestRobotRequests(t *testing.T) {
	now := time.UnixMilli(1700000000123)
	for _, x := range []struct {
		name    string
		channel domain.Channel
		url     string
		body    string
	}{
		{
			"wecom has no signature",
			domain.Channel{Kind: domain.ChannelWeCom, URL: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K", Secret: "ignored"},
			"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K",
			`{"msgtype":"text","text":{"content":"a<b","mentioned_list":["@all"]}}`,
		},
		{
			"dingtalk signs in the address, in milliseconds",
			domain.Channel{Kind: domain.ChannelDingTalk, URL: "https://oapi.dingtalk.com/robot/send?access_token=T", Secret: "SECtest"},
			"https://oapi.dingtalk.com/robot/send?access_token=T&timestamp=1700000000123&sign=" + url.QueryEscape("lrMq5E54T40t3FfGVjxdvoqIbXlWY6mzkZYiVoI6emk="),
			`{"msgtype":"text","text":{"content":"a<b"},"at":{"isAtAll":true}}`,
		},
		{
			"feishu signs in the body, in seconds, key and message the other way round",
			domain.Channel{Kind: domain.ChannelFeishu, URL: "https://open.feishu.cn/open-apis/bot/v2/hook/ID", Secret: "SECtest"},
			"https://open.feishu.cn/open-apis/bot/v2/hook/ID",
			`{"timestamp":"1700000000","sign":"G7XpBpG8NgG02fJOAhX6FRAObIljmFoxVReo8I62pEk=","msg_type":"text","content":{"text":"a＜b\n<at user_id=\"all\"></at>"}}`,
		},
	} {
		address, body, err := robotRequest(&x.channel, "a<b", true, now)
		if err != nil || address != x.url || strings.TrimSpace(string(body)) != x.body || !json.Valid(body) {
			t.Errorf("%s:\n%s\n%s\nwant\n%s\n%s (%v)", x.name, address, body, x.url, x.body, err)
		}
	}
}

// All three answer 200 to everything; what they mean is in a code.
func TestRobotResults(t *testing.T) {
	now := time.Now()
	for _, x := range []struct {
		kind   domain.ChannelKind
		status int
		body   string
		want   result
	}{
		{domain.ChannelWeCom, 200, `{"errcode":0,"errmsg":"ok"}`, result{ok: true}},
		{domain.ChannelWeCom, 200, `{"errcode":93000,"errmsg":"invalid webhook url"}`, result{why: "93000 invalid webhook url"}},
		{domain.ChannelWeCom, 200, `{"errcode":45009,"errmsg":"freq"}`, result{again: true, after: time.Minute, why: "45009 freq"}},
		{domain.ChannelDingTalk, 200, `{"errcode":130101,"errmsg":"send too fast"}`, result{again: true, after: 10 * time.Minute, why: "130101 send too fast"}},
		{domain.ChannelDingTalk, 200, `{"errcode":310000,"errmsg":"sign not match"}`, result{why: "310000 sign not match"}},
		{domain.ChannelFeishu, 200, `{"code":0,"msg":"success"}`, result{ok: true}},
		{domain.ChannelFeishu, 200, `{"code":19021,"msg":"sign match fail"}`, result{why: "19021 sign match fail"}},
		{domain.ChannelFeishu, 200, `{"code":11232,"msg":"limited"}`, result{again: true, after: 15 * time.Second, why: "11232 limited"}},
		{domain.ChannelFeishu, 200, `{"errcode":0}`, result{why: "no code"}},
		{domain.ChannelFeishu, 200, `<html>`, result{why: "no JSON"}},
		{domain.ChannelWeCom, 502, ``, result{again: true, why: "HTTP 502"}},
		{domain.ChannelWeCom, 302, ``, result{why: "HTTP 302"}},
	} {
		if got := robotResult(x.kind, x.status, "", []byte(x.body), now); got != x.want {
			t.Errorf("%s %d %s: %+v, want %+v", x.kind, x.status, x.body, got, x.want)
		}
	}
}

// A name that leads into the house is refused when it is dialled, whatever it looked like.
func TestPublicClient(t *testing.T) {
	c := publicClient()
	defer c.CloseIdleConnections()
	resp, err := c.Get("https://127.0.0.1:1/")
	if err == nil {
		_ = resp.Body.Close()
		t.Fatal("reached")
	}
	if got := unreached(err); got != "private address" {
		t.Errorf("%s: %v", got, err)
	}
}

// FuzzRobotResult: whatever a chat or a push service answers, we know whether to
// try again, and wait no longer than news lives.
func FuzzRobotResult(f *testing.F) {
	f.Add("wecom", 200, "", []byte(`{"errcode":45009,"errmsg":"x"}`))
	f.Add("feishu", 200, "", []byte(`{"code":0}`))
	f.Add("dingtalk", 429, "99999999999", []byte(`{`))
	f.Add("dingtalk", 503, "Wed, 25 Nov 2099 10:00:00 GMT", []byte(`null`))
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, kind string, status int, after string, body []byte) {
		r := robotResult(domain.ChannelKind(kind), status, after, body, now)
		if r.ok && (status != 200 || r.again) || r.after < 0 || r.after > longestWait || len([]rune(r.why)) > 160 || strings.ContainsAny(r.why, "\r\n\x00") {
			t.Fatalf("%+v", r)
		}
	})
}
