package statistics

import "verhaal/internal/statistics"

// A chart is horizontal bars, each under its label, so that long labels and
// every script have room on a phone. Units are those of the SVG.
const (
	chartWidth = 240
	barStep    = 32 // from one bar to the next
	barTop     = 16 // of a bar under its label
	barHeight  = 9
	textBase   = 11
	valueRoom  = 40
	keptWidth  = 16 // of a bar whose length is not shown
)

type chart struct {
	ID, Title, Caption string
	Height             int
	Bars               []bar
}

type bar struct {
	Label string
	Part  bool // of the bar before it that is none
	Count statistics.Count

	Value               string
	TextX, TextY        int // where label begins
	X, Y, Width, Height int
	ValueX, ValueY      int
}

// draw places bars; most is the count of the longest. dir is that of the page:
// bars grow from its start.
func draw(id, title, caption string, bars []bar, most int, dir string) chart {
	c := chart{ID: id, Title: title, Caption: caption, Height: len(bars) * barStep}
	for i, b := range bars {
		b.Value, b.Height = cell(b.Count), barHeight
		b.TextY, b.Y = i*barStep+textBase, i*barStep+barTop
		b.ValueY = b.Y + barHeight
		switch {
		case b.Count.Hidden:
			b.Width = keptWidth
		case most > 0:
			b.Width = b.Count.N * (chartWidth - valueRoom) / most
		}
		b.ValueX = b.Width + 4
		if dir == "rtl" {
			b.TextX, b.X, b.ValueX = chartWidth, chartWidth-b.Width, chartWidth-b.ValueX
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}
