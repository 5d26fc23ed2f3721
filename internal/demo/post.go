package demo

// Post is how far the letter with the second half of a PIN is.
type Post string

// The lots of letters.
const (
	PostLeft  Post = "left"  // the batch left
	PostMade  Post = "made"  // in a batch that waits to be fetched
	PostWaits Post = "waits" // confirmed, still to be made
)

// Correspondent is somebody whose PIN is on its way by post. Both halves are drawn
// by the program: nobody can sign in as one.
type Correspondent struct {
	Citizen
	Post Post
}

// correspondents are all invented, as people are.
var correspondents = []struct {
	person
	post Post
}{
	{person{
		"Rinaldi", "Beatrice", "1955-02-11", "F", "Lucca (LU)", "E715",
		Address{"Calle 54 n. 312", "1900", "La Plata", "", "Argentina"},
		"beatrice.rinaldi@posta.example", "", "+447700900131", "", "it", "", SceneNone,
	}, PostLeft},
	{person{
		"Valente", "Oscar", "1949-08-30", "M", "Udine (UD)", "L483",
		Address{"402 Dundas Street West", "M5T 1G7", "Toronto", "ON", "Canada"},
		"oscar.valente@mail.example", "", "+14165550151", "", "en", "", SceneNone,
	}, PostLeft},
	{person{
		"Caruso", "Ines", "1963-06-05", "F", "Palermo (PA)", "G273",
		Address{"Hauptstrasse 19", "4051", "Basel", "BS", "Svizzera"},
		"ines.caruso@posta.example", "", "+447700900132", "", "it", "", SceneNone,
	}, PostMade},
	{person{
		"Ferri", "Tullio", "1952-12-19", "M", "Verona (VR)", "L781",
		Address{"12 Macquarie Street", "2000", "Sydney", "NSW", "Australia"},
		"tullio.ferri@mail.example", "", "+61491570157", "", "en", "", SceneNone,
	}, PostMade},
	{person{
		"Monti", "Clara", "1970-04-27", "F", "Torino (TO)", "L219",
		Address{"8 Rue de la Paix", "34000", "Montpellier", "", "Francia"},
		"clara.monti@posta.example", "", "+33639980018", "", "it", "", SceneNone,
	}, PostWaits},
}

// Correspondents returns everybody whose letter is on its way, those that left
// first. The slice is fresh.
func Correspondents() []Correspondent {
	list := make([]Correspondent, 0, len(correspondents))
	for _, c := range correspondents {
		list = append(list, Correspondent{c.citizen(), c.post})
	}
	return list
}
