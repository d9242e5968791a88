package photos

import (
	"archive/zip"
	"bytes"
	"net/http"
	"path"
	"slices"
	"strings"
)

// KindOf is what an attachment is by its name and by what it holds, one of
// domain.FileKinds; "" where the two do not fit, it is of no kind that is taken, or
// it carries macros.
func KindOf(name string, body []byte) string {
	kind := strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")
	if kind == "jpeg" {
		kind = "jpg"
	}
	holds := http.DetectContentType(body)
	switch kind {
	case "pdf":
		if holds == "application/pdf" {
			return kind
		}
	case "jpg":
		if holds == "image/jpeg" {
			return kind
		}
	case "png":
		if holds == "image/png" {
			return kind
		}
	case "docx":
		if office(body, "word/document.xml") {
			return kind
		}
	case "xlsx":
		if office(body, "xl/workbook.xml") {
			return kind
		}
	}
	return ""
}

// office tells an Office document without macros by its directory; nothing is unpacked.
func office(body []byte, part string) bool {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return false
	}
	has := func(end string) bool {
		return slices.ContainsFunc(z.File, func(f *zip.File) bool { return strings.HasSuffix(strings.ToLower(f.Name), end) })
	}
	return has(part) && has("[content_types].xml") && !has("vbaproject.bin")
}

// ContentType is what browsers are told of an attachment.
func ContentType(kind string) string {
	return map[string]string{
		"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[kind]
}
