//go:build ignore

// Command gen_outlines writes ocrb.txt, the outlines of the characters of a
// machine readable zone, from an OCR-B font:
//
//	go run gen_outlines.go OCRBS.otf > ocrb.txt
//
// OCRBS.otf, the one with sharp corners, comes with Debian's fonts-ocr-b (main). A
// font must be one whose licence lets us: docs/adr/0002-mrz-reader.md.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: gen_outlines FONT")
	}
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	f, err := sfnt.Parse(data)
	if err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "# Outlines of OCR-B, a line per character: advance, then segments. m, l, q, c are the")
	fmt.Fprintln(out, "# move, line, quadratic and cubic of PostScript; 1000 units to the em, y down.")
	fmt.Fprintln(out, "# Made by gen_outlines.go from the font of Norbert Schwarz (1995, 2010: \"You may freely")
	fmt.Fprintln(out, "# use, modify and/or distribute this file, without limitation\") and Matthew Skala")
	fmt.Fprintln(out, "# (2012, public domain).")
	const em = 1000
	var b sfnt.Buffer
	for _, r := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<" {
		g, err := f.GlyphIndex(&b, r)
		if err != nil || g == 0 {
			log.Fatalf("no glyph for %c: %v", r, err)
		}
		advance, err := f.GlyphAdvance(&b, g, fixed.I(em), font.HintingNone)
		if err != nil {
			log.Fatal(err)
		}
		segments, err := f.LoadGlyph(&b, g, fixed.I(em), nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintf(out, "%c %d", r, advance.Round())
		for _, s := range segments {
			points := map[sfnt.SegmentOp]int{sfnt.SegmentOpMoveTo: 1, sfnt.SegmentOpLineTo: 1, sfnt.SegmentOpQuadTo: 2, sfnt.SegmentOpCubeTo: 3}[s.Op]
			fmt.Fprintf(out, " %c", "mlqc"[s.Op])
			for _, p := range s.Args[:points] {
				fmt.Fprintf(out, " %d %d", p.X.Round(), p.Y.Round())
			}
		}
		fmt.Fprintln(out)
	}
}
