package paper

import "errors"

// codeLength is the length of what is printed: one half of a PIN of 16
// characters, or a PIN of 8.
const codeLength = 8

// checkCode refuses what is not eight capital letters and digits. Its error
// never says what was given.
func checkCode(code string) error {
	if len(code) != codeLength {
		return errors.New("code is not of 8 characters")
	}
	for _, r := range code {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return errors.New("code has other characters than capital letters and digits")
		}
	}
	return nil
}

// The words that tell a character apart when it is read aloud: the Italian
// telephone alphabet, and that of ICAO (Annex 10, volume II) with plain numbers.
var (
	italianLetters = [26]string{
		"Ancona", "Bologna", "Como", "Domodossola", "Empoli", "Firenze", "Genova", "Hotel", "Imola", "Jolly", "Kappa",
		"Livorno", "Milano", "Napoli", "Otranto", "Padova", "Quadro", "Roma", "Savona", "Torino", "Udine", "Venezia",
		"Washington", "Xilofono", "York", "Zara",
	}
	icaoLetters = [26]string{
		"Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima", "Mike",
		"November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor", "Whiskey", "X-ray",
		"Yankee", "Zulu",
	}
	italianDigits = [10]string{"zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"}
	englishDigits = [10]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
)

// word returns what a character of a checked code is called, such as "Kappa"
// and "sette", in English "Kilo" and "seven".
func word(char byte, english bool) string {
	letters, digits := italianLetters, italianDigits
	if english {
		letters, digits = icaoLetters, englishDigits
	}
	if char >= 'A' {
		return letters[char-'A']
	}
	return digits[char-'0'] //nolint:gosec // checkCode has let nothing else in
}

// spoken returns how a character is read aloud: "come Kappa", "numero sette",
// in English "for Kilo", "number seven".
func spoken(char byte, english bool) string {
	letter, digit := "come ", "numero "
	if english {
		letter, digit = "for ", "number "
	}
	if char >= 'A' {
		return letter + word(char, english)
	}
	return digit + word(char, english)
}
