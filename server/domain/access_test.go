package domain_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"huiwu/server/domain"
)

var update = flag.Bool("update", false, "write testdata/access.golden anew")

// TestAccess compares who may do what with testdata/access.golden, so that a
// change of rights is a change that a reviewer sees:
//
//	go test ./server/domain -run TestAccess -update
func TestAccess(t *testing.T) {
	const golden = "testdata/access.golden"
	got := accessTable()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for n := range max(len(g), len(w)) {
		var a, b string
		if n < len(g) {
			a = g[n]
		}
		if n < len(w) {
			b = w[n]
		}
		if a != b {
			t.Errorf("line %d\n  is      %s\n  golden  %s", n+1, a, b)
		}
	}
}

func accessTable() string {
	var b strings.Builder
	alone := []domain.Right{domain.RightPublic, domain.RightSelf, domain.RightToday, domain.RightFeed, domain.RightEvents, domain.RightLobby, domain.RightWall, domain.RightPeople, domain.RightCreate, domain.RightInvite, domain.RightChannels}
	persons := []*domain.Person{nil}
	for _, r := range domain.Roles {
		crews := map[domain.Role][]domain.Crew{
			domain.RoleCommander: {domain.CrewCMD}, domain.RoleSupervisor: {domain.CrewSUP}, domain.RoleCentreHead: {domain.CrewSUP}, domain.RoleControlRoom: {domain.CrewCTL},
			domain.RoleSupplyClerk: {domain.CrewADM}, domain.RoleCrewLead: {domain.CrewSVC, domain.CrewCLN}, domain.RoleCrewMember: {domain.CrewSVC, domain.CrewSEC, domain.CrewCLN, domain.CrewENG},
		}[r]
		if crews == nil {
			crews = []domain.Crew{""}
		}
		for _, c := range crews {
			persons = append(persons, &domain.Person{ID: "p", Role: r, Crew: c})
		}
	}
	persons = append(persons, &domain.Person{ID: "p", Role: domain.RoleCommander, Crew: domain.CrewCMD, Disabled: true})
	name := func(p *domain.Person) string {
		if p == nil {
			return "nobody"
		}
		s := string(p.Role)
		if p.Crew != "" {
			s += " " + string(p.Crew)
		}
		if p.Disabled {
			s += " disabled"
		}
		return s
	}
	b.WriteString("# Rights that hang on the role alone.\n")
	for _, p := range persons {
		var may []string
		for _, r := range alone {
			if p.Can(r) {
				may = append(may, string(r))
			}
		}
		for _, r := range domain.EventRights {
			if p.Can(r) {
				may = append(may, string(r)+" WITHOUT AN EVENT")
			}
		}
		fmt.Fprintf(&b, "%-26s %s\n", name(p), strings.Join(may, " "))
	}
	b.WriteString("\n# Rights on an event: role, crew, relation to the event, secrecy; then whose items he ticks.\n")
	relations := []string{"none", "crew", "assigned", "commander"}
	for _, p := range persons {
		for rel, relation := range relations {
			for _, secrecy := range domain.Secrecies {
				v := domain.Viewer{Person: p, Relation: domain.Relation(rel)}
				if p != nil {
					v.Crew = p.Crew
				}
				var may, crews []string
				for _, r := range domain.EventRights {
					if v.Can(r, secrecy) {
						may = append(may, strings.TrimPrefix(string(r), "event."))
					}
				}
				for _, c := range domain.Crews {
					if v.MayDo(c, secrecy) {
						crews = append(crews, string(c))
					}
				}
				if len(may) == 0 {
					may = []string{"–"}
				}
				if len(crews) == len(domain.Crews) {
					crews = []string{"all"}
				}
				line := fmt.Sprintf("%-26s %-9s %-8s %s", name(p), relation, secrecy, strings.Join(may, " "))
				if len(crews) > 0 {
					line += " | " + strings.Join(crews, " ")
				}
				b.WriteString(line + "\n")
			}
		}
	}
	return b.String()
}

// A person lent to another crew for one event works on both crews' items.
func TestLentToAnotherCrew(t *testing.T) {
	v := domain.Viewer{Person: &domain.Person{Role: domain.RoleCrewMember, Crew: domain.CrewCLN}, Relation: domain.RelationAssigned, Crew: domain.CrewSVC}
	for crew, want := range map[domain.Crew]bool{domain.CrewSVC: true, domain.CrewCLN: true, domain.CrewSEC: false, domain.CrewCMD: false} {
		equal(t, string(crew), v.MayDo(crew, domain.SecrecyNormal), want)
	}
	equal(t, "sees guests", v.Can(domain.RightGuestsSee, domain.SecrecyNormal), true)
	v.Crew = domain.CrewCLN
	equal(t, "at home does not", v.Can(domain.RightGuestsSee, domain.SecrecyNormal), false)
}

func TestJudge(t *testing.T) {
	for _, x := range []struct {
		role     domain.Role
		relation domain.Relation
		want     domain.Judge
	}{
		{domain.RoleCommander, domain.RelationNone, domain.Judge{By: "p", Commander: true}},
		{domain.RoleSupervisor, domain.RelationNone, domain.Judge{By: "p", Supervisor: true}},
		{domain.RoleSupervisor, domain.RelationCommander, domain.Judge{By: "p", Supervisor: true, Commander: true}},
		{domain.RoleCrewMember, domain.RelationCommander, domain.Judge{By: "p", Commander: true}},
		{domain.RoleCrewLead, domain.RelationAssigned, domain.Judge{By: "p"}},
		{domain.RoleAdmin, domain.RelationNone, domain.Judge{By: "p"}},
	} {
		v := domain.Viewer{Person: &domain.Person{ID: "p", Role: x.role}, Relation: x.relation}
		equal(t, string(x.role), v.Judge(domain.SecrecyNormal), x.want)
	}
}
