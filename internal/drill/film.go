package drill

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"time"
)

// lap is how long the film and the sound are; a browser plays them over and over.
const lap = 32 * time.Second

// A browser plays a file of JPEG pictures at 30 a second and leaves some out to
// keep to the 25 that a room asks for. Each frame is therefore there twice: one of
// the two is always taken, and only what went wrong can lose both.
const (
	repeats = 2
	frame   = repeats * time.Second / 30
	frames  = int(lap / frame)
)

// A frame is a grid of black and white cells, row by row: the bits of its number,
// the lowest first, then each of them turned round. What is blurred, torn or mixed
// of two frames fits no number.
const (
	across, down = 8, 6
	bits         = across * down / 2
	black, white = 32, 224
)

// Film writes a film for a made-up camera to a file (MJPEG). Each of its frames
// shows its number, and stays for a fifteenth of a second.
func Film(path string, width, height int) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	to := bufio.NewWriter(file)
	picture := image.NewGray(image.Rect(0, 0, width, height))
	var coded bytes.Buffer
	for n := range frames {
		draw(picture, n)
		coded.Reset()
		if err := jpeg.Encode(&coded, picture, &jpeg.Options{Quality: 50}); err != nil {
			return err
		}
		if _, err := to.Write(bytes.Repeat(coded.Bytes(), repeats)); err != nil {
			return err
		}
	}
	return to.Flush()
}

// draw shows the number of a frame.
func draw(to *image.Gray, n int) {
	size := to.Rect.Size()
	for y := range size.Y {
		row := to.Pix[y*to.Stride:][:size.X]
		for x := range row {
			cell := y*down/size.Y*across + x*across/size.X
			row[x] = black
			if set := n>>(cell%bits)&1 == 1; set == (cell < bits) {
				row[x] = white
			}
		}
	}
}

// What a frame is shrunk to before its number is read.
const (
	smallWidth, smallHeight = across * cellSize, down * cellSize
	cellSize                = 8
)

// readFrame reads the number in a small grey picture, a byte for each point.
func readFrame(small []byte) (n int, ok bool) {
	lit := func(cell int) bool {
		y, x := cell/across*cellSize+cellSize/2, cell%across*cellSize+cellSize/2
		return small[y*smallWidth+x] > (black+white)/2
	}
	for i := range bits {
		if lit(i) == lit(i+bits) {
			return 0, false
		}
		if lit(i) {
			n |= 1 << i
		}
	}
	return n, n < frames
}
