package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"huiwu/server/domain"
)

// ErrWrongKey stops a start: the database holds secrets that the key does not open.
var ErrWrongKey = errors.New("the stored secrets (robots of chat groups, keys of Web Push and of links) do not open: put back the SECRET_KEY with which they were stored, " +
	"or the file secret.key of DATA_DIR; or give them up with \"huiwu forget-secrets\": robots are then entered anew, phones turn their alerts on again, and links and QR codes are sent anew")

// vault seals secrets before they reach the database, so that a copy of it, or a
// backup, rings no phone and speaks in no chat group. nil leaves them as they are.
type vault struct{ aead cipher.AEAD }

const sealMark = "sealed:1:"

func newVault(key string) (*vault, error) {
	sum := sha256.Sum256([]byte("huiwu secrets " + key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &vault{aead}, err
}

// seal hides text; place is where it stands: elsewhere it does not open.
func (v *vault) seal(place, text string) string {
	if v == nil || text == "" || isSealed(text) {
		return text
	}
	return sealMark + base64.RawStdEncoding.EncodeToString(v.aead.Seal(nil, nil, []byte(text), []byte(place)))
}

func (v *vault) open(place, text string) (string, error) {
	if v == nil || !isSealed(text) {
		return text, nil
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(text, sealMark))
	if err != nil {
		return "", ErrWrongKey
	}
	b, err = v.aead.Open(nil, nil, b, []byte(place))
	if err != nil {
		return "", ErrWrongKey
	}
	return string(b), nil
}

func isSealed(text string) bool { return strings.HasPrefix(text, sealMark) }

// Names of rows of site_keys: the one by which a key shows that it is the right
// one, and the secrets that all instances share.
const (
	sealProof = "sealed"
	vapidKey  = "vapid"
	passKey   = "passes"
)

// siteKey is the secret of that name, made by whichever instance comes first.
func (s *Store) siteKey(ctx context.Context, name string, generate func() (string, error)) (string, error) {
	fresh, err := generate()
	if err != nil {
		return "", err
	}
	_, err = s.write.NewRaw("INSERT INTO site_keys (name, value, made_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING", name, s.vault.seal(keyPlace(name), fresh), s.Now()).Exec(ctx)
	if err != nil {
		return "", asPerson(err)
	}
	var value string
	if err := s.write.NewSelect().TableExpr("site_keys").Column("value").Where("name = ?", name).Scan(ctx, &value); err != nil {
		return "", asPerson(err)
	}
	return s.vault.open(keyPlace(name), value)
}

func keyPlace(name string) string { return "site_keys:" + name }

// OpenSecrets takes the key of the stored secrets, proves it, and seals what is
// not sealed yet. Without a key the embedded database gets one in a file of its
// folder; on PostgreSQL, where other instances could not read that, secrets stay
// as they are. sealed tells which it was.
func (s *Store) OpenSecrets(ctx context.Context, key, dir string) (sealed bool, err error) {
	proven, err := s.read.NewSelect().TableExpr("site_keys").Where("name = ?", sealProof).Exists(ctx)
	if err != nil {
		return false, asPerson(err)
	}
	if key == "" && !s.postgres {
		if key, err = keyFile(dir, !proven); err != nil {
			return false, err
		}
	}
	if key == "" {
		if proven {
			return false, ErrWrongKey
		}
		return false, nil
	}
	v, err := newVault(key)
	if err != nil {
		return false, err
	}
	// Instances that start at once agree on one row.
	if _, err := s.write.NewRaw("INSERT INTO site_keys (name, value, made_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING", sealProof, v.seal(sealProof, sealProof), s.Now()).Exec(ctx); err != nil {
		return false, asPerson(err)
	}
	var proof string
	if err := s.write.NewSelect().TableExpr("site_keys").Column("value").Where("name = ?", sealProof).Scan(ctx, &proof); err != nil {
		return false, asPerson(err)
	}
	if said, err := v.open(sealProof, proof); err != nil || said != sealProof {
		return false, ErrWrongKey
	}
	s.vault = v
	return true, asPerson(s.sealOld(ctx))
}

// sealOld seals what an earlier version stored. A row that somebody changes
// meanwhile was sealed by him.
func (s *Store) sealOld(ctx context.Context) error {
	var keys []struct{ Name, Value string }
	if err := s.write.NewSelect().TableExpr("site_keys").Column("name", "value").Where("name <> ?", sealProof).Scan(ctx, &keys); err != nil {
		return err
	}
	for _, k := range keys {
		if isSealed(k.Value) {
			continue
		}
		if _, err := s.write.NewRaw("UPDATE site_keys SET value = ? WHERE name = ? AND value = ?", s.vault.seal(keyPlace(k.Name), k.Value), k.Name, k.Value).Exec(ctx); err != nil {
			return err
		}
	}
	var list []domain.Channel
	if err := s.write.NewSelect().Model(&list).Scan(ctx); err != nil {
		return err
	}
	for k := range list {
		c, x := &list[k], s.sealedChannel(list[k])
		if x.URL == c.URL && x.Secret == c.Secret {
			continue
		}
		if _, err := s.write.NewRaw("UPDATE channels SET url = ?, secret = NULLIF(?, '') WHERE id = ? AND url = ? AND COALESCE(secret, '') = ?", x.URL, x.Secret, c.ID, c.URL, c.Secret).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A sealed address still begins as the table wants every address to begin.
const addressMark = "https://"

func (s *Store) sealedChannel(c domain.Channel) domain.Channel {
	if s.vault != nil && !isSealed(strings.TrimPrefix(c.URL, addressMark)) {
		c.URL = addressMark + s.vault.seal("channels:url:"+c.ID, c.URL)
	}
	c.Secret = s.vault.seal("channels:secret:"+c.ID, c.Secret)
	return c
}

func (s *Store) openChannel(c *domain.Channel) (err error) {
	if text, ok := strings.CutPrefix(c.URL, addressMark); ok && isSealed(text) {
		if c.URL, err = s.vault.open("channels:url:"+c.ID, text); err != nil {
			return err
		}
	}
	c.Secret, err = s.vault.open("channels:secret:"+c.ID, c.Secret)
	return err
}

// ForgetSecrets gives up what a lost key has closed: the robots, the site's keys
// of Web Push with the subscriptions made with them, and of links and QR codes,
// which have to be sent again.
func (s *Store) ForgetSecrets(ctx context.Context) error {
	_, err := s.Write(ctx, domain.Act{}, func(ctx context.Context, tx *Tx) error {
		if err := tx.Lock(ctx, domain.TopicFloor); err != nil {
			return err
		}
		list, err := channelsOf(ctx, tx)
		if err != nil {
			return err
		}
		for k := range list {
			tx.Record(domain.Change{Topic: domain.TopicFloor, Subject: "channel:" + list[k].ID, Verb: "channel.removed", Label: list[k].Name, New: string(list[k].Kind)})
		}
		for _, q := range []string{"DELETE FROM channels", "DELETE FROM push_devices", "DELETE FROM site_keys"} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// keyFile reads the key of a data folder, and makes it where it may: only its
// owner can read it, and two programs that make one at once get the same.
func keyFile(dir string, mayMake bool) (string, error) {
	path := filepath.Join(dir, "secret.key")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !mayMake {
			return "", ErrWrongKey
		}
		if err := makeKey(path); err != nil {
			return "", fmt.Errorf("secret.key: %w", err)
		}
		b, err = os.ReadFile(path)
	}
	if err != nil {
		return "", fmt.Errorf("secret.key: %w", err)
	}
	key := strings.TrimSpace(string(b))
	if len(key) < 32 {
		return "", errors.New("secret.key holds no key")
	}
	return key, private(path)
}

// randomKey is 32 bytes that nobody guesses, in hexadecimal.
func randomKey() (string, error) {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return hex.EncodeToString(key), err
}

func makeKey(path string) error {
	key, err := randomKey()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(key + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// private takes a file away from everybody but its owner. Somebody else's file
// stays as it is.
func private(path string) error {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && st.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}
