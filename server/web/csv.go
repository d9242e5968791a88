package web

import (
	"bytes"
	"encoding/csv"
	"net/url"

	"github.com/gofiber/fiber/v2"
)

// safeCell is a text that no spreadsheet runs: what begins like a formula gets a
// quotation mark before it, which spreadsheets take for "this is text".
func safeCell(s string) string {
	if formula(s) || s != "" && (s[0] == '\t' || s[0] == '\r' || s[0] == '\n' || s[0] == '|') {
		return "'" + s
	}
	return s
}

// sendCSV answers with a table as a file: with the mark by which spreadsheets know
// UTF-8, and every cell harmless.
func sendCSV(c *fiber.Ctx, name string, rows [][]string) error {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for k, cell := range row {
			safe[k] = safeCell(cell)
		}
		if err := w.Write(safe); err != nil {
			return err
		}
	}
	w.Flush()
	noStore(c)
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
	return c.Send(b.Bytes())
}
