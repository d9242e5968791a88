// Package migrations embeds the schema: one file for both databases, applied
// in the order of their names by "huiwu migrate".
package migrations

import "embed"

// Files holds every *.up.sql and *.down.sql of this folder.
//
//go:embed *.sql
var Files embed.FS
