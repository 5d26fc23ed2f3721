package ccitt

import "strconv"

// maxRun is the longest run one code word stands for; longer ones repeat it.
const maxRun = 2560

// runBits is the length of the longest code word of a run.
const runBits = 13

// A runTable finds the code word at the head of the next 13 bits. An entry
// holds the run above its low 4 bits, which hold the word's length; 0 is no
// code. Runs from 64 are make-up codes: another code of the same colour follows.
type runTable [1 << runBits]uint16

// runTables are the codes of white and of black runs.
var runTables = [2]runTable{
	newRunTable(whiteTerminating[:], whiteMakeUp[:]),
	newRunTable(blackTerminating[:], blackMakeUp[:]),
}

func newRunTable(terminating, makeUp []string) (t runTable) {
	add := func(word string, run int) {
		code, free := mustBits(word), runBits-len(word)
		for i := range 1 << free {
			t[code<<free|i] = uint16(run<<4 | len(word)) //nolint:gosec // run ≤ 2560
		}
	}
	for i, word := range terminating {
		add(word, i)
	}
	for i, word := range makeUp {
		add(word, 64*(i+1))
	}
	for i, word := range longMakeUp {
		add(word, 1792+64*i)
	}
	return t
}

// The kinds of mode codes (T.4 table 4, T.6 table 1).
const (
	modeInvalid = iota // seven zeros: an end-of-line code or nothing
	modePass
	modeHorizontal
	modeVertical
	modeExtension // 0000001xxx: uncompressed mode and others nobody uses
)

// A mode is one code word of two-dimensional coding.
type mode struct {
	kind, bits uint8
	delta      int8 // of vertical modes: a1 - b1
}

// modeBits is the length of the longest mode code but for extensions.
const modeBits = 7

// modes finds the mode at the head of the next 7 bits.
var modes = newModes()

func newModes() (t [1 << modeBits]mode) {
	add := func(word string, m mode) {
		m.bits = uint8(len(word)) //nolint:gosec // at most modeBits
		code, free := mustBits(word), modeBits-len(word)
		for i := range 1 << free {
			t[code<<free|i] = m
		}
	}
	add(passWord, mode{kind: modePass})
	add(horizontalWord, mode{kind: modeHorizontal})
	for i, word := range verticalWords {
		add(word, mode{kind: modeVertical, delta: int8(i - 3)})
	}
	add("0000001", mode{kind: modeExtension})
	return t
}

const (
	passWord       = "0001"
	horizontalWord = "001"
)

// verticalWords are VL3, VL2, VL1, V0, VR1, VR2, VR3.
var verticalWords = [...]string{"0000010", "000010", "010", "1", "011", "000011", "0000011"}

// mustBits reads a code word of the tables above.
func mustBits(word string) int {
	v, err := strconv.ParseUint(word, 2, 16)
	if err != nil {
		panic("ccitt: bad code word " + word)
	}
	return int(v)
}
