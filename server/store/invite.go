package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"huiwu/server/domain"
)

// Invitees are the people whose phones by may bind.
func (s *Store) Invitees(ctx context.Context, by *domain.Person) ([]domain.Person, error) {
	all, err := s.People(ctx)
	if err != nil {
		return nil, err
	}
	list := []domain.Person{}
	for k := range all {
		if domain.MayInvite(by, &all[k]) {
			list = append(list, all[k])
		}
	}
	return list, nil
}

// InviteOf is the newest invite of a person, nil when there was none; somebody
// whom by may not invite is not found.
func (s *Store) InviteOf(ctx context.Context, by *domain.Person, personID string) (*domain.Person, *domain.Invite, error) {
	p, err := s.Person(ctx, personID)
	if err != nil {
		return nil, nil, err
	}
	if !domain.MayInvite(by, p) {
		return nil, nil, domain.ErrNotFound
	}
	i := new(domain.Invite)
	err = s.read.NewSelect().Model(i).Where("person_id = ?", personID).Order("created_at DESC", "id").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil, nil
	}
	return p, i, asPerson(err)
}

// MakeInvite makes an invite out of its token; the one before it ends. code is
// the keyed hash of what can be typed instead of the token.
func (s *Store) MakeInvite(ctx context.Context, act domain.Act, personID, token, code string) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID, func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		if err := tx.mayInvite(p); err != nil {
			return nil, err
		}
		if _, err := tx.endInvite(ctx, personID); err != nil {
			return nil, err
		}
		i := &domain.Invite{ID: SessionID(token), Code: code, PersonID: personID, CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(domain.InviteLife)}
		if tx.Act.Person != nil {
			i.CreatedBy = tx.Act.Person.ID
		}
		_, err := tx.NewInsert().Model(i).Exec(ctx)
		return &domain.Change{Verb: "person.invited"}, err
	})
}

// RevokeInvite ends a person's open invite; without one nothing happens.
func (s *Store) RevokeInvite(ctx context.Context, act domain.Act, personID string) (domain.Receipt, error) {
	return s.changePerson(ctx, act, personID, func(tx *Tx, p *domain.Person) (*domain.Change, error) {
		if err := tx.mayInvite(p); err != nil {
			return nil, err
		}
		ended, err := tx.endInvite(ctx, personID)
		if err != nil || !ended {
			return nil, err
		}
		return &domain.Change{Verb: "person.invite_revoked"}, nil
	})
}

// mayInvite: the system itself may invite whoever can sign in.
func (tx *Tx) mayInvite(p *domain.Person) error {
	if p.Disabled || tx.Act.Person != nil && !domain.MayInvite(tx.Act.Person, p) {
		return domain.ErrNotFound
	}
	return nil
}

func (tx *Tx) endInvite(ctx context.Context, personID string) (bool, error) {
	res, err := tx.NewUpdate().Model((*domain.Invite)(nil)).Set("revoked_at = ?", tx.Now).
		Where("person_id = ? AND used_at IS NULL AND revoked_at IS NULL", personID).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// InviteByToken finds an invite by the token of its link. It is looked up by
// its hash, so neither the index nor the comparison tells how near a guess was.
func (s *Store) InviteByToken(ctx context.Context, token string) (*domain.Invite, error) {
	return s.invite(ctx, "id", SessionID(token), func(i *domain.Invite) string { return i.ID })
}

// InviteByCode finds an invite by the keyed hash of its typed code.
func (s *Store) InviteByCode(ctx context.Context, code string) (*domain.Invite, error) {
	return s.invite(ctx, "code", code, func(i *domain.Invite) string { return i.Code })
}

// IsInvite tells whether token is that of the invite.
func (s *Store) IsInvite(i *domain.Invite, token string) bool {
	return subtle.ConstantTimeCompare([]byte(i.ID), []byte(SessionID(token))) == 1
}

func (s *Store) invite(ctx context.Context, column, hash string, stored func(*domain.Invite) string) (*domain.Invite, error) {
	i := new(domain.Invite)
	if err := s.read.NewSelect().Model(i).Where("? = ?", bun.Ident(column), hash).Scan(ctx); err != nil {
		return nil, asPerson(err)
	}
	if subtle.ConstantTimeCompare([]byte(stored(i)), []byte(hash)) != 1 {
		return nil, domain.ErrNotFound
	}
	return i, nil
}

// AcceptInvite signs the invited person in on the phone that asks. tap is made
// by the page that asks: when the answer was lost on the way, the same page may
// ask again; nobody else can.
func (s *Store) AcceptInvite(ctx context.Context, id, tap string, in Arrival) (*domain.Session, *domain.Person, error) {
	i := new(domain.Invite)
	if err := s.read.NewSelect().Model(i).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, nil, asPerson(err)
	}
	p, err := s.Person(ctx, i.PersonID)
	if err != nil {
		return nil, nil, err
	}
	in.Via = domain.ViaInvite
	sess, err := s.signIn(ctx, p, in, func(tx *Tx) error {
		if err := tx.NewSelect().Model(i).Where("id = ?", id).Scan(ctx); err != nil {
			return noRows(err)
		}
		again := i.UsedAt != nil && tap != "" && i.UsedBy == SessionID(tap) && tx.Now.Sub(*i.UsedAt) < domain.InviteLife
		if again {
			return nil
		}
		if err := i.Open(tx.Now); err != nil {
			return err
		}
		i.UsedAt, i.UsedBy, i.UsedOn = &tx.Now, SessionID(tap), in.Device
		_, err := tx.NewUpdate().Model(i).Column("used_at", "used_by", "used_on").WherePK().Exec(ctx)
		return err
	})
	return sess, p, err
}
