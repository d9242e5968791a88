package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// line is one HTTP/1.1 connection that is kept alive, spoken by hand: the
// measuring side shares the processors with the server and must cost little.
type line struct {
	host  string
	from  net.IP // source address; nil = as the system likes
	tight bool   // with the smallest buffers on the way
	conn  net.Conn
	r     *bufio.Reader
}

func newLine(base string, from net.IP) (*line, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("%q is not an http://host:port address", base)
	}
	host := u.Host
	if u.Port() == "" {
		host += ":80"
	}
	return &line{host: host, from: from}, nil
}

// answer is what the program looks at in a response.
type answer struct {
	status  int
	length  int
	ack     string
	etag    string
	session string
	body    []byte
}

// patience with one answer.
const patience = 30 * time.Second

// request puts a request together; header is name, value, …
func (l *line) request(method, path, body string, header ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/134.0 Mobile Safari/537.36\r\n", method, path, l.host)
	for k := 0; k+1 < len(header); k += 2 {
		b.WriteString(header[k] + ": " + header[k+1] + "\r\n")
	}
	if method != "GET" {
		b.WriteString("Sec-Fetch-Site: same-origin\r\nOrigin: http://" + l.host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// ask sends a request and reads its answer; keep says whether the body is
// wanted. A connection that has ended meanwhile is opened again, once.
func (l *line) ask(ctx context.Context, request []byte, keep bool) (answer, error) {
	fresh := l.conn == nil
	a, err := l.try(ctx, request, keep)
	if err != nil && !fresh && ctx.Err() == nil {
		a, err = l.try(ctx, request, keep)
	}
	return a, err
}

func (l *line) try(ctx context.Context, request []byte, keep bool) (answer, error) {
	if l.conn == nil {
		if err := l.dial(ctx); err != nil {
			return answer{}, err
		}
	}
	_ = l.conn.SetDeadline(time.Now().Add(patience))
	_, err := l.conn.Write(request)
	var a answer
	if err == nil {
		a, err = readAnswer(l.r, keep)
	}
	if err != nil {
		l.close()
	}
	return a, err
}

func (l *line) dial(ctx context.Context) error {
	d := net.Dialer{Timeout: 5 * time.Second}
	if l.from != nil {
		d.LocalAddr = &net.TCPAddr{IP: l.from}
	}
	if l.tight {
		d.Control = tighten
	}
	c, err := d.DialContext(ctx, "tcp", l.host)
	if err != nil {
		return err
	}
	l.conn, l.r = c, bufio.NewReaderSize(c, 64<<10)
	return nil
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close()
		l.conn = nil
	}
}

var errChunked = errors.New("answer without Content-Length")

func readAnswer(r *bufio.Reader, keep bool) (answer, error) {
	a, err := readHead(r)
	if err != nil || a.status == 204 || a.status == 304 {
		return a, err
	}
	if a.length < 0 {
		return a, errChunked
	}
	if keep {
		a.body = make([]byte, a.length)
		_, err = io.ReadFull(r, a.body)
	} else {
		_, err = r.Discard(a.length)
	}
	return a, err
}

func readHead(r *bufio.Reader) (answer, error) {
	a := answer{length: -1}
	first, err := r.ReadSlice('\n')
	if err != nil {
		return a, err
	}
	if len(first) < 12 || !bytes.HasPrefix(first, []byte("HTTP/1.1 ")) {
		return a, fmt.Errorf("no HTTP: %q", first)
	}
	if a.status, err = strconv.Atoi(string(first[9:12])); err != nil {
		return a, err
	}
	for {
		h, err := r.ReadSlice('\n')
		if err != nil {
			return a, err
		}
		name, value, found := bytes.Cut(bytes.TrimRight(h, "\r\n"), []byte(": "))
		if !found {
			return a, nil
		}
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if a.length, err = strconv.Atoi(string(value)); err != nil {
				return a, err
			}
		case bytes.EqualFold(name, []byte("X-Ack")):
			a.ack = string(value)
		case bytes.EqualFold(name, []byte("ETag")):
			a.etag = string(value)
		case bytes.EqualFold(name, []byte("Set-Cookie")) && bytes.HasPrefix(value, []byte("sid=")):
			a.session, _, _ = strings.Cut(string(value[4:]), ";")
		}
	}
}

// wire is a websocket spoken by hand.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	buf  []byte
}

// closed is how the server ended a websocket.
type closed struct {
	code   int
	reason string
}

func (c closed) Error() string { return fmt.Sprintf("closed by the server: %d %s", c.code, c.reason) }

// openWire asks for a websocket as a browser does.
func openWire(ctx context.Context, base string, from net.IP, path string, p player, tight bool) (*wire, error) {
	l, err := newLine(base, from)
	if err != nil {
		return nil, err
	}
	l.tight = tight
	if err := l.dial(ctx); err != nil {
		return nil, err
	}
	var key [16]byte
	_, _ = rand.Read(key[:])
	ask := l.request("GET", path, "", "Connection", "Upgrade", "Upgrade", "websocket", "Origin", "http://"+l.host, "Sec-WebSocket-Version", "13",
		"Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(key[:]), "Accept-Encoding", "gzip, deflate", "Accept-Language", "zh-CN,zh;q=0.9", "Cookie", p.cookie())
	_ = l.conn.SetDeadline(time.Now().Add(patience))
	w := &wire{conn: l.conn, r: bufio.NewReaderSize(l.conn, 4<<10)}
	_, err = l.conn.Write(ask)
	var a answer
	if err == nil {
		a, err = readHead(w.r)
	}
	if err == nil && a.status != 101 {
		err = fmt.Errorf("no websocket: %d", a.status)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	_ = l.conn.SetDeadline(time.Time{})
	return w, nil
}

// Opcodes of RFC 6455.
const (
	opMore  = 0x0
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xa
)

// next is the next text message; the slice is good until the call after. Pings
// are answered here.
func (w *wire) next() ([]byte, error) {
	w.buf = w.buf[:0]
	for {
		var h [2]byte
		if _, err := io.ReadFull(w.r, h[:]); err != nil {
			return nil, err
		}
		size, err := w.size(h[1])
		if err != nil {
			return nil, err
		}
		at := len(w.buf)
		w.buf = append(w.buf, make([]byte, size)...)
		if _, err := io.ReadFull(w.r, w.buf[at:]); err != nil {
			return nil, err
		}
		switch op := h[0] & 0x0f; op {
		case opText, opMore:
			if h[0]&0x80 != 0 {
				return w.buf, nil
			}
		case opClose:
			return nil, closing(w.buf[at:])
		default:
			if op == opPing {
				err = w.send(opPong, w.buf[at:])
			}
			w.buf = w.buf[:at]
			if err != nil {
				return nil, err
			}
		}
	}
}

// maxMessage is more than any page would take.
const maxMessage = 8 << 20

func (w *wire) size(second byte) (int, error) {
	size := int(second & 0x7f)
	var more [8]byte
	switch size {
	case 126:
		if _, err := io.ReadFull(w.r, more[:2]); err != nil {
			return 0, err
		}
		size = int(binary.BigEndian.Uint16(more[:2]))
	case 127:
		if _, err := io.ReadFull(w.r, more[:]); err != nil {
			return 0, err
		}
		size = int(binary.BigEndian.Uint64(more[:]))
	}
	if size < 0 || size > maxMessage || second&0x80 != 0 {
		return 0, errors.New("bad websocket frame")
	}
	return size, nil
}

func closing(payload []byte) closed {
	if len(payload) < 2 {
		return closed{code: 1005}
	}
	return closed{code: int(binary.BigEndian.Uint16(payload)), reason: string(payload[2:])}
}

// send writes one short masked frame; the mask is zero, which masks nothing.
func (w *wire) send(op byte, payload []byte) error {
	if len(payload) > 125 {
		return errors.New("only short frames")
	}
	_, err := w.conn.Write(append([]byte{0x80 | op, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...))
	return err
}

// cut ends the connection as a lost network does: without a word.
func (w *wire) cut() { _ = w.conn.Close() }
