package live

import "fmt"

// Why a socket was closed, and what the page should do then.
//
//	code  name          sent when                              the page
//	1001  (browser)     the person left the page               is gone
//	1008  CloseAbuse    messages too large or too many         does not come back by itself
//	1011  CloseFailure  a defect here; it is in the log        comes back with since, slowly
//	1012  CloseRestart  this instance stops                    comes back with since, after 0.5–5 s by chance
//	1013  CloseLater    too slow, or no room here, or the      comes back with since, with backoff
//	                    database does not answer
//	4401  CloseSession  the session has ended                  asks to sign in
//	4403  CloseRights   the person's rights were changed       fetches the page again
//	4404  CloseTopic    a topic is no longer to be seen        fetches the page again
//	4429  CloseTooMany  the person opened a newer socket and   waits until somebody looks at it,
//	                    has too many; this was the oldest      then comes back with since
const (
	CloseAbuse   = 1008
	CloseFailure = 1011
	CloseRestart = 1012
	CloseLater   = 1013
	CloseSession = 4401
	CloseRights  = 4403
	CloseTopic   = 4404
	CloseTooMany = 4429
)

// CloseError says that a socket was closed by the hub, or was not let in.
type CloseError struct {
	Code   int    // one of the codes above; 0: the page left by itself
	Reason string // short English for the log and the browser's console
}

// Error implements error.
func (e *CloseError) Error() string { return fmt.Sprintf("live: closed %d %s", e.Code, e.Reason) }

var (
	errRestart  = &CloseError{CloseRestart, "service restart"}
	errNoRoom   = &CloseError{CloseLater, "too many sockets here"}
	errSlow     = &CloseError{CloseLater, "too slow"}
	errNoAnswer = &CloseError{CloseLater, "no answer from the database"}
	errEnded    = &CloseError{CloseSession, "session ended"}
	errRights   = &CloseError{CloseRights, "rights changed"}
	errHidden   = &CloseError{CloseTopic, "topic not visible"}
	errTooMany  = &CloseError{CloseTooMany, "too many sockets of one person"}
	errAbuse    = &CloseError{CloseAbuse, "too many messages"}
	errFailure  = &CloseError{CloseFailure, "internal error"}
	errGone     = &CloseError{0, "gone"}
)
