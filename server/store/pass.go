package store

import (
	"context"
	"encoding/hex"
	"errors"
	"sync"

	"huiwu/server/domain"
)

// passBook holds the key of links that work without signing in, once it was read.
type passBook struct {
	mu  sync.Mutex
	key []byte
}

func (s *Store) passKey(ctx context.Context) ([]byte, error) {
	s.passes.mu.Lock()
	defer s.passes.mu.Unlock()
	if s.passes.key != nil {
		return s.passes.key, nil
	}
	text, err := s.siteKey(ctx, passKey, randomKey)
	if err != nil {
		return nil, err
	}
	s.passes.key, err = hex.DecodeString(text)
	return s.passes.key, err
}

// Token is the pass as it stands in a link. Whoever has it has the right.
func (s *Store) Token(ctx context.Context, p domain.Pass) (string, error) {
	key, err := s.passKey(ctx)
	if err != nil {
		return "", err
	}
	token := p.Token(key)
	if token == "" {
		return "", errors.New("pass: an id that is none")
	}
	return token, nil
}

// GuestByPass is the guest of a link or QR code, and his event; what is revoked,
// struck or of another kind is not found.
func (s *Store) GuestByPass(ctx context.Context, token string) (*domain.Guest, *domain.Event, error) {
	p, err := s.readPass(ctx, token, domain.PassGuest)
	if err != nil {
		return nil, nil, err
	}
	list, err := s.GuestsByID(WithNames(ctx), []string{p.ID}) // his own
	if err != nil {
		return nil, nil, err
	}
	if len(list) == 0 || list[0].Struck || list[0].PassNo != p.No {
		return nil, nil, domain.ErrNotFound
	}
	e, _, err := eventFor(ctx, s.read, nil, list[0].EventID)
	return &list[0], e, asPerson(err)
}

// EventByPass is the event of an organiser's or kiosk's link.
func (s *Store) EventByPass(ctx context.Context, token string, kind domain.PassKind) (*domain.Event, error) {
	p, err := s.readPass(ctx, token, kind)
	if err != nil {
		return nil, err
	}
	e, _, err := eventFor(ctx, s.read, nil, p.ID)
	if err != nil {
		return nil, asPerson(err)
	}
	if e.PassNo != p.No {
		return nil, domain.ErrNotFound
	}
	return e, nil
}

func (s *Store) readPass(ctx context.Context, token string, kind domain.PassKind) (domain.Pass, error) {
	key, err := s.passKey(ctx)
	if err != nil {
		return domain.Pass{}, err
	}
	p, ok := domain.ReadPass(key, token)
	if !ok || p.Kind != kind {
		return p, domain.ErrNotFound
	}
	return p, nil
}
