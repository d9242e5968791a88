package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"text/tabwriter"

	"huiwu/server"
	"huiwu/server/domain"
	"huiwu/server/store"
	"huiwu/server/web"
)

type userCmd struct {
	Add     userAdd     `cmd:"" help:"Add somebody; without --pin a PIN is made and printed."`
	Pin     userPin     `cmd:"" help:"Set somebody's PIN; without --pin one is made and printed."`
	Invite  userInvite  `cmd:"" help:"Print a link and a code that sign somebody's phone in, once, within ten minutes."`
	Disable userDisable `cmd:"" help:"Shut somebody out and end all sessions."`
	Enable  userEnable  `cmd:"" help:"Let somebody in again."`
	List    userList    `cmd:"" help:"List people."`
}

type pinFlag struct {
	Pin string `help:"PIN or password; '-' reads it from standard input."`
}

// value reads the PIN, or makes one; made tells that it must be printed.
func (f pinFlag) value() (pin string, made bool, err error) {
	switch f.Pin {
	case "":
		for domain.ValidatePin(pin) != nil {
			n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
			if err != nil {
				return "", false, err
			}
			pin = fmt.Sprintf("%06d", n)
		}
		return pin, true, nil
	case "-":
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && line == "" {
			return "", false, err
		}
		pin = strings.TrimRight(line, "\r\n")
	default:
		pin = f.Pin
	}
	return pin, false, plain(domain.ValidatePin(pin))
}

// pinHash needs the same pepper as the server.
func pinHash(ctx context.Context, pin string) (string, error) {
	cfg, err := server.LoadConfig()
	if err != nil {
		return "", err
	}
	return web.NewPins(cfg.PinPepper, false).Hash(ctx, pin)
}

// plain turns a refusal into a line for the terminal.
func plain(err error) error {
	if e, ok := domain.AsError(err); ok {
		return errors.New(server.Sentence(e, "en"))
	}
	return err
}

type userAdd struct {
	pinFlag
	StaffNo string      `arg:"" help:"Staff number to sign in with."`
	Name    string      `arg:"" help:"Name as shown."`
	Role    domain.Role `default:"crew_member" help:"admin, commander, supervisor, centre_head, crew_lead, crew_member, control_room, supply_clerk or board."`
	Crew    domain.Crew `help:"CMD, SUP, SVC, SEC, CLN, ENG, CTL, ADM, PHO or LDR."`
	Phone   string      `help:"Phone number, for signing in as well."`
	Locale  string      `default:"zh" enum:"zh,en" help:"zh or en."`
}

func (u userAdd) Run(ctx context.Context) error {
	pin, made, err := u.value()
	if err != nil {
		return err
	}
	hash, err := pinHash(ctx, pin)
	if err != nil {
		return err
	}
	return withStore(ctx, func(s *store.Store) error {
		p := &domain.Person{StaffNo: u.StaffNo, Phone: u.Phone, Name: u.Name, Role: u.Role, Crew: u.Crew, Locale: u.Locale, PinHash: hash}
		if _, err := s.CreatePerson(ctx, domain.Act{}, p); err != nil {
			return plain(err)
		}
		report(p, pin, made)
		return nil
	})
}

func report(p *domain.Person, pin string, made bool) {
	fmt.Printf("%s %s\n", p.StaffNo, p.Name)
	if made {
		fmt.Println("PIN", pin)
	}
}

type userPin struct {
	pinFlag
	StaffNo string `arg:"" help:"Staff number or phone."`
}

func (u userPin) Run(ctx context.Context) error {
	pin, made, err := u.value()
	if err != nil {
		return err
	}
	hash, err := pinHash(ctx, pin)
	if err != nil {
		return err
	}
	return withPerson(ctx, u.StaffNo, func(s *store.Store, p *domain.Person) error {
		if _, err := s.SetPin(ctx, domain.Act{}, p.ID, hash); err != nil {
			return err
		}
		report(p, pin, made)
		return nil
	})
}

func withPerson(ctx context.Context, login string, fn func(s *store.Store, p *domain.Person) error) error {
	return withStore(ctx, func(s *store.Store) error {
		p, err := s.PersonByLogin(ctx, login)
		if errors.Is(err, domain.ErrNotFound) {
			return fmt.Errorf("nobody has the staff number or phone %q", login)
		}
		if err != nil {
			return err
		}
		return plain(fn(s, p))
	})
}

type userInvite struct {
	StaffNo string `arg:"" help:"Staff number or phone."`
}

func (u userInvite) Run(ctx context.Context) error {
	cfg, err := server.LoadConfig()
	if err != nil {
		return err
	}
	return withPerson(ctx, u.StaffNo, func(s *store.Store, p *domain.Person) error {
		token := rand.Text()
		code := domain.InviteCode(token)
		if _, err := s.MakeInvite(ctx, domain.Act{}, p.ID, token, web.NewPins(cfg.PinPepper, false).Keyed(code)); err != nil {
			return err
		}
		base := strings.TrimSuffix(cfg.BaseURL, "/")
		fmt.Printf("%s %s, for %d minutes, once:\n%s/invites/%s\nor the code %s at %s/invites\n", p.StaffNo, p.Name, int(domain.InviteLife.Minutes()), base, token, code, base)
		if base == "" {
			fmt.Println("(BASE_URL is not set: put the address of the server before the path)")
		}
		return nil
	})
}

type userDisable struct {
	StaffNo string `arg:"" help:"Staff number or phone."`
}

func (u userDisable) Run(ctx context.Context) error {
	return withPerson(ctx, u.StaffNo, func(s *store.Store, p *domain.Person) error {
		// Running instances find out within seconds and close his sockets.
		_, err := s.SetDisabled(ctx, domain.Act{}, p.ID, true)
		return err
	})
}

type userEnable struct {
	StaffNo string `arg:"" help:"Staff number or phone."`
}

func (u userEnable) Run(ctx context.Context) error {
	return withPerson(ctx, u.StaffNo, func(s *store.Store, p *domain.Person) error {
		_, err := s.SetDisabled(ctx, domain.Act{}, p.ID, false)
		return err
	})
}

type userList struct{}

func (userList) Run(ctx context.Context) error {
	return withStore(ctx, func(s *store.Store) error {
		people, err := s.People(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "STAFF NO\tNAME\tROLE\tCREW\tDISABLED")
		for _, p := range people {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%v\n", p.StaffNo, p.Name, p.Role, p.Crew, p.Disabled)
		}
		return w.Flush()
	})
}
