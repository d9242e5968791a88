package web

import (
	"context"
	"errors"
	"html"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"huiwu/server/domain"
	"huiwu/server/i18n"
	"huiwu/server/sheet"
	"huiwu/server/store"
	"huiwu/views"
)

var statusOf = map[domain.Code]int{
	domain.CodeInvalid: fiber.StatusUnprocessableEntity, domain.CodeNotFound: fiber.StatusNotFound, domain.CodeForbidden: fiber.StatusForbidden,
	domain.CodeConflict: fiber.StatusConflict, domain.CodeUnauthenticated: fiber.StatusUnauthorized, domain.CodeTooMany: fiber.StatusTooManyRequests,
	domain.CodeTooLarge: fiber.StatusRequestEntityTooLarge, domain.CodeUnavailable: fiber.StatusServiceUnavailable,
	domain.CodeFull: fiber.StatusInsufficientStorage, codeMisdirected: fiber.StatusMisdirectedRequest,
}

// codeInternal is a fault of ours: the one code that no rule gives.
const codeInternal domain.Code = "internal"

// OnError turns any error into one calm sentence in the reader's language: a
// fragment for htmx, JSON for programs, a page for people. What is not a
// refusal is our fault: it is logged in full and shown as a request id only.
func (a *App) OnError(c *fiber.Ctx, err error) error {
	if errors.Is(err, fiber.ErrRequestTimeout) || errors.Is(err, fiber.ErrBadGateway) {
		return c.SendStatus(fiber.StatusRequestTimeout) // a connection opened in advance and never used, or one that broke: nobody reads this
	}
	refusal := a.refusal(c, err)
	if requestID(c) == "" {
		a.headers(c) // too large to become a request: the middleware never saw it
		if refusal.Code == domain.CodeTooLarge {
			ack(c) // by whomever it was sent, it will not become smaller
		}
	}
	status := statusOf[refusal.Code]
	if status == 0 {
		status = fiber.StatusInternalServerError
	}
	if (status == fiber.StatusServiceUnavailable || status == fiber.StatusTooManyRequests) && len(c.Response().Header.Peek(fiber.HeaderRetryAfter)) == 0 {
		c.Set(fiber.HeaderRetryAfter, "2")
	}
	// What is too large is never read, not even whose it is: to send it again would change nothing.
	if settled(refusal) && (person(c) != nil || refusal.Code == domain.CodeTooLarge) {
		ack(c)
	} else {
		c.Response().Header.Del(ackHeader) // whoever failed after the act was done: the same key gets its answer later
	}
	l := locale(c)
	c.Status(status)
	c.Set(fiber.HeaderCacheControl, "no-store")
	switch {
	case wantsJSON(c):
		return c.JSON(errorJSON(refusal, l, requestID(c), status))
	case isHTMX(c) || c.Get("Idempotency-Key") != "" || !reads(c) || websocket.IsWebSocketUpgrade(c):
		c.Type("html", "utf-8")
		return c.SendString(errorFragment(refusal, l))
	case status == fiber.StatusUnauthorized:
		next := c.OriginalURL()
		return c.Redirect("/session/new?next="+url.QueryEscape(next), fiber.StatusSeeOther)
	}
	p := views.ErrorPage{Page: views.Page{Ctx: views.Ctx{Locale: l, Loc: a.Loc, Now: a.Store.Now()}, Person: person(c), Theme: theme(c), Holes: true}, Status: status, Sentence: sentence(refusal, l)}
	p.Title = p.T("error.title")
	if status >= 500 {
		p.Request = requestID(c)
	}
	if renderErr := render(c, views.Error(p)); renderErr != nil {
		return c.SendString(p.Sentence)
	}
	return nil
}

// refusal finds what may be said; everything else becomes "internal" and goes
// to the log in full.
func (a *App) refusal(c *fiber.Ctx, err error) *domain.Error {
	if e, ok := domain.AsError(err); ok {
		switch e.Code {
		case domain.CodeUnavailable:
			a.Logger.Warn("database away", "request", requestID(c), "error", err)
		case domain.CodeFull:
			a.Logger.Error("no room", "request", requestID(c), "error", err)
		}
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) { // time ran out between two questions to the database
		a.Logger.Warn("too slow", "request", requestID(c), "error", err)
		return store.ErrUnavailable
	}
	var f *fiber.Error
	if errors.As(err, &f) {
		switch f.Code {
		case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
			return domain.ErrNotFound
		case fiber.StatusRequestEntityTooLarge:
			if c.Method() == fiber.MethodPost && IsImport(c.Path()) {
				return &domain.Error{Code: domain.CodeTooLarge, Key: "workbook.too_large", Args: domain.Args{"max": sheet.Usual.Most()}}
			}
			return &domain.Error{Code: domain.CodeTooLarge, Key: "error.too_large"}
		case fiber.StatusForbidden:
			return domain.ErrForbidden
		case fiber.StatusUpgradeRequired, fiber.StatusBadRequest, fiber.StatusUnprocessableEntity, fiber.StatusRequestHeaderFieldsTooLarge:
			return &domain.Error{Code: domain.CodeInvalid, Key: "error.bad_request"}
		}
	}
	a.Logger.Error("fault", "request", requestID(c), "path", shown(c.Path()), "error", err)
	return &domain.Error{Code: codeInternal, Key: "error.internal", Args: domain.Args{"request": requestID(c)}}
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(localRequest).(string)
	return id
}

func sentence(e *domain.Error, l string) string { return i18n.TArgs(l, e.Key, localArgs(e.Args, l)) }

// localArgs picks the reader's side of arguments given in both languages
// ("items_zh", "items_en" → "items").
func localArgs(args domain.Args, l string) map[string]string {
	out := make(map[string]string, len(args))
	for k, v := range args {
		base, ok := strings.CutSuffix(k, "_"+l)
		if ok {
			k = base
		}
		out[k] = v
	}
	return out
}

// errorFragment is one sentence per field (data-error names it), the general
// one with an empty name.
func errorFragment(e *domain.Error, l string) string {
	var b strings.Builder
	one := func(field, text string) {
		b.WriteString(`<p class="error" role="alert" data-error="` + html.EscapeString(field) + `">` + html.EscapeString(text) + `</p>`)
	}
	if len(e.Fields) == 0 {
		one("", sentence(e, l))
	}
	for _, f := range e.Fields {
		one(f.Field, i18n.TArgs(l, f.Key, localArgs(f.Args, l)))
	}
	return b.String()
}

type fieldJSON struct {
	Field    string `json:"field"`
	Key      string `json:"key"`
	Sentence string `json:"sentence"`
	Line     int    `json:"line,omitempty"`
}

func errorJSON(e *domain.Error, l, request string, status int) any {
	out := struct {
		Status   int         `json:"status"`
		Code     domain.Code `json:"code"`
		Key      string      `json:"key"`
		Sentence string      `json:"sentence"`
		Fields   []fieldJSON `json:"fields,omitempty"`
		Request  string      `json:"request"`
	}{Status: status, Code: e.Code, Key: e.Key, Sentence: sentence(e, l), Request: request}
	for _, f := range e.Fields {
		out.Fields = append(out.Fields, fieldJSON{f.Field, f.Key, i18n.TArgs(l, f.Key, localArgs(f.Args, l)), f.Line})
	}
	return out
}

// fieldErrors are a refusal's sentences by field, for a form; general is what
// belongs to no field. Other errors are handed back.
func fieldErrors(err error, l string) (fields views.Errors, general string, rest error) {
	e, ok := domain.AsError(err)
	if !ok || e.Code != domain.CodeInvalid && e.Code != domain.CodeConflict {
		return nil, "", err
	}
	fields = views.Errors{}
	for _, f := range e.Fields {
		if fields[f.Field] == "" {
			fields[f.Field] = i18n.TArgs(l, f.Key, localArgs(f.Args, l))
		}
	}
	if len(e.Fields) == 0 {
		general = sentence(e, l)
	}
	return fields, general, nil
}

func stack() string { return string(debug.Stack()) }
