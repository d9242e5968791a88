// Package chaos has only tests. They run two real instances on a PostgreSQL and
// a Redis of their own, let fifty phones act, break what can be broken, and then
// ask whether the books are right: docs/faults.md.
package chaos
