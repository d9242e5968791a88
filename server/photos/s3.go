package photos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// s3 keeps pictures in a bucket of any S3-compatible storage.
type s3 struct {
	client *minio.Client
	bucket string
	prefix string
}

// s3Time is how long one answer of the storage may take.
const s3Time = 20 * time.Second

// newS3 reads s3://key:secret@host/bucket/prefix?region=… (s3+http:// without
// TLS). The URL holds a secret: no error prints it.
func newS3(raw string) (*s3, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "s3" && u.Scheme != "s3+http" || u.Host == "" || u.User == nil {
		return nil, errors.New("S3_URL cannot be read: want s3://key:secret@host/bucket")
	}
	bucket, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if bucket == "" {
		return nil, errors.New("S3_URL names no bucket: want s3://key:secret@host/bucket")
	}
	secret, _ := u.User.Password()
	lookup := minio.BucketLookupAuto
	if u.Query().Get("style") == "path" {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(u.User.Username(), secret, ""),
		Secure: u.Scheme == "s3", Region: u.Query().Get("region"), BucketLookup: lookup, MaxRetries: 2,
	})
	if err != nil {
		return nil, fmt.Errorf("S3_URL: %w", err)
	}
	if prefix != "" {
		prefix += "/"
	}
	return &s3{client: client, bucket: bucket, prefix: prefix}, nil
}

func (s *s3) Put(ctx context.Context, name string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s3Time)
	defer cancel()
	_, err := s.client.PutObject(ctx, s.bucket, s.prefix+name, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{ContentType: "image/jpeg"})
	return s.said(err)
}

func (s *s3) Get(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s3Time)
	defer cancel()
	o, err := s.client.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.said(err)
	}
	defer o.Close()
	body, err := io.ReadAll(io.LimitReader(o, MaxBytes))
	return body, s.said(err)
}

func (s *s3) Delete(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, s3Time)
	defer cancel()
	return s.said(s.client.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{}))
}

func (s *s3) Ready(ctx context.Context) error {
	const name = "check"
	return errors.Join(s.Put(ctx, name, []byte("check")), s.Delete(ctx, name))
}

// List leaves out what lies in folders below ours: a bucket may be shared.
func (s *s3) List(ctx context.Context, fn func(name string, at time.Time)) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing when we leave early
	defer cancel()
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix}) {
		if o.Err != nil {
			return s.said(o.Err)
		}
		if name := strings.TrimPrefix(o.Key, s.prefix); !strings.HasSuffix(name, "/") {
			fn(name, o.LastModified)
		}
	}
	return ctx.Err()
}

// said sorts what the storage answers; whatever is not about one picture is
// worth another try.
func (s *s3) said(err error) error {
	if err == nil {
		return nil
	}
	switch answer := minio.ToErrorResponse(err); {
	case answer.Code == minio.NoSuchKey:
		return errors.Join(ErrGone, err)
	case answer.StatusCode == http.StatusInsufficientStorage || answer.Code == "QuotaExceeded" || answer.Code == "XMinioStorageFull" || answer.Code == "XMinioAdminBucketQuotaExceeded":
		return errors.Join(ErrFull, err)
	}
	return errors.Join(errAway, err)
}
