package domain_test

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"huiwu/server/domain"
)

func TestNormaliseLogin(t *testing.T) {
	for in, want := range map[string]string{
		"commander": "commander", " Commander ": "commander", "ＣＯＭＭＡＮＤＥＲ": "commander", "ａｂｃ": "abc",
		"138 0013 8000": "13800138000", "138-0013-8000": "13800138000", "138－0013–8000": "13800138000", "１３８００１３８０００": "13800138000",
		"+86 138 0013 8000": "13800138000", "＋８６１３８００１３８０００": "13800138000", "+8613800138000": "13800138000",
		"+861380013800": "+861380013800", "8613800138000": "8613800138000", // not what it looks like, or not surely
		"": "", " 　 ": "", "a\x00b": "ab", "138\u00a00013\u30008000": "13800138000", "13800138000\u202c": "13800138000", "st_1.2": "st_1.2",
	} {
		equal(t, in, domain.NormaliseLogin(in), want)
	}
}

func FuzzNormaliseLogin(f *testing.F) {
	for _, s := range []string{"+86 138-0013 8000", "ＣＯＭ\u00a0-", "\xff\x00", "+86+8613800138000", "İK"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := domain.NormaliseLogin(s)
		if again := domain.NormaliseLogin(once); again != once {
			t.Fatalf("%q → %q → %q", s, once, again)
		}
		if strings.ContainsAny(once, " \t\n\r\x00-") {
			t.Fatalf("%q → %q", s, once)
		}
	})
}

func TestLockFor(t *testing.T) {
	for failed, want := range map[int]time.Duration{
		-1: 0, 0: 0, 1: 0, 4: 0, 5: time.Minute, 6: 2 * time.Minute, 7: 4 * time.Minute, 8: 8 * time.Minute, 9: 15 * time.Minute, 10: 15 * time.Minute, 1 << 40: 15 * time.Minute,
	} {
		if got := domain.LockFor(failed); got != want {
			t.Errorf("after %d: %v, want %v", failed, got, want)
		}
	}
}

func TestValidatePin(t *testing.T) {
	const length, weak = "pin:person.pin_length", "pin:person.pin_weak"
	for pin, want := range map[string]string{
		"246810": "", "135792": "", "1234567890129": "pin:person.pin_length", "837465019283": "",
		"": length, "24681": length, "000000": weak, "999999999999": weak, "123456": weak, "012345": weak, "567890": weak, "654321": weak, "987654": weak,
		"a": length, "pass123": length, "password": "", "口令口令口令口令": "", "口令口令": length, "１２３４５６": length,
		strings.Repeat("x", 128): "", strings.Repeat("x", 129): length,
	} {
		equal(t, pin, refusal(domain.ValidatePin(pin)), want)
	}
}

func TestPersonValidate(t *testing.T) {
	good := domain.Person{StaffNo: "SVC 01", Phone: "+86 138-0013-8000", Name: " 琥珀 ", Role: domain.RoleCrewMember, Crew: domain.CrewSVC, Locale: "fr"}
	for _, x := range []struct {
		name   string
		change func(p *domain.Person)
		want   string
	}{
		{"good", func(*domain.Person) {}, ""},
		{"no name", func(p *domain.Person) { p.Name = " " }, "name:field.required"},
		{"long name", func(p *domain.Person) { p.Name = strings.Repeat("珀", 41) }, "name:field.too_long"},
		{"no number", func(p *domain.Person) { p.StaffNo = "-" }, "staff_no:field.required"},
		{"Chinese number", func(p *domain.Person) { p.StaffNo = "琥珀" }, "staff_no:person.staff_no_form"},
		{"injected number", func(p *domain.Person) { p.StaffNo = "a'--" }, "staff_no:person.staff_no_form"},
		{"long number", func(p *domain.Person) { p.StaffNo = strings.Repeat("a", 33) }, "staff_no:person.staff_no_form"},
		{"no phone", func(p *domain.Person) { p.Phone = "" }, ""},
		{"short phone", func(p *domain.Person) { p.Phone = "8000" }, "phone:person.phone_form"},
		{"extension", func(p *domain.Person) { p.Phone = "80001" }, ""},
		{"letters", func(p *domain.Person) { p.Phone = "800o1" }, "phone:person.phone_form"},
		{"guest", func(p *domain.Person) { p.Role = domain.RoleGuest }, "role:field.choose"}, // comes by link, never by PIN
		{"organiser", func(p *domain.Person) { p.Role = domain.RoleOrganiser }, "role:field.choose"},
		{"board", func(p *domain.Person) { p.Role, p.Crew = domain.RoleBoard, "" }, ""},
		{"no role", func(p *domain.Person) { p.Role = "" }, "role:field.choose"},
		{"no crew", func(p *domain.Person) { p.Crew = "" }, "crew:person.crew_needed"},
		{"supervisor without crew", func(p *domain.Person) { p.Role, p.Crew = domain.RoleSupervisor, "" }, ""},
		{"unknown crew", func(p *domain.Person) { p.Crew = "svc" }, "crew:field.choose"},
	} {
		p := good
		x.change(&p)
		equal(t, x.name, refusal(p.Validate()), x.want)
	}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	equal(t, "cleaned", good.StaffNo+" "+good.Phone+" "+good.Name+" "+good.Locale, "svc01 13800138000 琥珀 zh")
}

func TestCrews(t *testing.T) {
	for n, c := range domain.Crews {
		if c.Index() != n || !c.Valid() {
			t.Errorf("%s: %d", c, c.Index())
		}
	}
	for _, c := range []domain.Crew{"", "svc", "XXX"} {
		if c.Valid() {
			t.Errorf("%q is taken for a crew", c)
		}
	}
}

// FuzzNormaliseCode: what passes for a typed code has the form of one, and stays what it is.
func FuzzNormaliseCode(f *testing.F) {
	for _, s := range []string{"K7M4-PQ9X", "k7m4 pq9x", "Ｋ７Ｍ４ＰＱ９Ｘ", "0OIL1234", "\xff", "ſſſſſſſſ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := domain.NormaliseCode(s)
		if c == "" {
			return
		}
		if len(c) != domain.CodeLength || strings.Trim(c, "23456789ABCDEFGHJKMNPQRSTUVWXYZ") != "" || domain.NormaliseCode(c) != c {
			t.Fatalf("%q becomes %q", s, c)
		}
	})
}

// FuzzPushDevice: an address that passes leads out to the internet by https.
func FuzzPushDevice(f *testing.F) {
	const key, auth = "BNNL5ZaTfK81qhXOx23-wewhigUeFb632jN6LvRWCFH1ubQr77FE_9qV1FuojuRmHP42zmf34rXgW80OvUVDgTk", "zqbxT6JKstKSY9JKibZLSQ"
	for _, s := range []string{"https://push.example.com/x", "https://127.0.0.1/x", "https://[::ffff:10.0.0.1]/x", "https://0x7f.1/x", "https://2130706433/", "https://push.example.com:443/", "https://a@b.example/"} {
		f.Add(s, key, auth)
	}
	f.Fuzz(func(t *testing.T, endpoint, key, auth string) {
		d := domain.PushDevice{Endpoint: endpoint, P256dh: key, Auth: auth}
		if d.Validate() != nil {
			return
		}
		u, err := url.Parse(endpoint)
		if err != nil || u.Scheme != "https" || u.User != nil || !strings.Contains(u.Hostname(), ".") && !strings.Contains(u.Hostname(), ":") {
			t.Fatalf("%q passes", endpoint)
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && !domain.PublicAddress(a) {
			t.Fatalf("%q passes", endpoint)
		}
	})
}

// FuzzChannel: an address of a robot that passes is one of the chat's own.
func FuzzChannel(f *testing.F) {
	f.Add("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", "群")
	f.Add("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/x", "群")
	f.Add("dingtalk", "https://oapi.dingtalk.com@evil.example/robot/send?access_token=x", "群")
	f.Add("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/../../../x", "群")
	hosts := []string{"qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn", "open.larksuite.com"}
	f.Fuzz(func(t *testing.T, kind, address, name string) {
		c := domain.Channel{Kind: domain.ChannelKind(kind), URL: address, Name: name, Topics: "late"}
		if c.Validate() != nil {
			return
		}
		u, err := url.Parse(c.URL)
		if err != nil || u.Scheme != "https" || u.User != nil || !slices.Contains(hosts, u.Host) {
			t.Fatalf("%q passes", address)
		}
	})
}
