package demo

// person is one row of the list below.
type person struct {
	surname, name, birth, sex string
	place, placeCode          string
	address                   Address
	email, pec, mobile, phone string
	language, pin             string
	scene                     Scene
}

// people are all invented. Mobile and land line numbers come from the ranges
// kept for fiction: United Kingdom +44 7700 900xxx (Ofcom), North America
// 555-01xx (NANPA), Australia +61 491 570 xxx (ACMA), France +33 6 39 98 xx xx
// (ARCEP), Germany +49 176 040690xx (BNetzA). States without such a range get
// British numbers: people abroad keep odd numbers.
var people = []person{
	{
		"Ferrante", "Giulia", "1984-03-17", "F", "Genova (GE)", "D969",
		Address{"Avenida Rivadavia 4821, piso 3 B", "C1424CEN", "Buenos Aires", "", "Argentina"},
		"giulia.ferrante@posta.example", "", "+447700900101", "",
		"it", "KR7WM4PX", SceneNone,
	},
	{
		"Bernasconi", "Luca", "1979-11-02", "M", "Como (CO)", "C933",
		Address{"Langstrasse 218", "8005", "Zürich", "ZH", "Svizzera"},
		"luca.bernasconi@posta.example", "", "+447700900102", "",
		"it", "T9HXQ6CA", SceneNone,
	},
	{
		"D'Angelo", "Maria Grazia", "1966-07-29", "F", "Napoli (NA)", "F839",
		Address{"1187 St. Clair Avenue West, Unit 4", "M6E 1B5", "Toronto", "ON", "Canada"},
		"mg.dangelo@mail.example", "", "+14165550142", "+14165550143",
		"it", "V3NDY8FM", SceneNone,
	},
	{
		"Marchetti", "Daniel", "1992-05-08", "M", "Melbourne (Australia)", "Z700",
		Address{"27 Lygon Street", "3053", "Carlton", "VIC", "Australia"},
		"daniel.marchetti@mail.example", "", "+61491570156", "",
		"en", "C4GPJ7XE", SceneNone,
	},
	{
		"Parisi", "Federico", "1986-06-11", "M", "Pescara (PE)", "G482",
		Address{"Rua da Prata 141, 2.º", "1100-416", "Lisboa", "", "Portogallo"},
		"federico.parisi@posta.example", "", "+447700900121", "",
		"it", "J4WKT8MX", SceneNone,
	},
	{
		"Colombo", "Elena", "1971-01-23", "F", "Milano (MI)", "F205",
		Address{"14 Rue des Martyrs", "75009", "Paris", "", "Francia"},
		"elena.colombo@posta.example", "elena.colombo@pec.example", "+33639980017", "",
		"it", "8RWAKD6H", SceneDispositivo,
	},
	{
		"Esposito", "Antonio", "1958-12-04", "M", "Salerno (SA)", "H703",
		Address{"Rua Augusta 1530, apto 72", "01304-001", "São Paulo", "SP", "Brasile"},
		"antonio.esposito@posta.example", "", "+447700900106", "",
		"it", "M6TXF9QB", SceneOpen,
	},
	{
		"Pellegrini", "Sofia", "1989-09-14", "F", "Firenze (FI)", "D612",
		Address{"Gräfestraße 31", "10967", "Berlin", "", "Germania"},
		"sofia.pellegrini@posta.example", "", "+4917604069012", "",
		"it", "P7CVE3NK", SceneWaiting,
	},
	{
		"Rinaldi", "Marco", "1975-06-30", "M", "Bologna (BO)", "A944",
		Address{"58 Exmouth Market", "EC1R 4QE", "London", "", "Regno Unito"},
		"marco.rinaldi@posta.example", "", "+447700900108", "",
		"it", "X8DAHW4R", SceneReviewing,
	},
	{
		"Lo Presti", "Carmela", "1949-10-19", "F", "Palermo (PA)", "G273",
		Address{"412 Court Street, Apt 2R", "11231", "Brooklyn", "NY", "Stati Uniti d'America"},
		"carmela.lopresti@mail.example", "", "+17185550119", "+17185550120",
		"it", "Q3YKB7GT", SceneWarned,
	},
	{
		"Zanetti", "Andrea", "1981-02-11", "M", "Verona (VR)", "L781",
		Address{"Calle de Embajadores 89, 4.º D", "28012", "Madrid", "", "Spagna"},
		"andrea.zanetti@posta.example", "", "+447700900110", "",
		"it", "H4UME9VC", SceneSecondReview,
	},
	{
		"Galli", "Chiara", "1995-08-03", "F", "Torino (TO)", "L219",
		Address{"Chaussée d'Ixelles 224", "1050", "Bruxelles", "", "Belgio"},
		"chiara.galli@posta.example", "", "+447700900111", "",
		"it", "W6FPNX3J", SceneConverted,
	},
	{
		"Moretti", "Paolo", "1963-04-26", "M", "Roma (RM)", "H501",
		Address{"Bulevar Artigas 2470", "11600", "Montevideo", "", "Uruguay"},
		"paolo.moretti@posta.example", "", "+447700900112", "",
		"it", "D9QGTC8Y", SceneRejected,
	},
	{
		"Santoro", "Rosa", "1955-03-05", "F", "Cosenza (CS)", "D086",
		Address{"Avenida Francisco de Miranda, edificio Roraima 11", "1060", "Caracas", "", "Venezuela"},
		"rosa.santoro@posta.example", "", "+447700900113", "",
		"it", "7AXRKV4D", SceneExpired,
	},
	{
		"Furlan", "Peter", "1987-12-21", "M", "Toronto (Canada)", "Z401",
		Address{"88 Queen's Quay East", "M5E 1R2", "Toronto", "ON", "Canada"},
		"peter.furlan@mail.example", "", "+14165550187", "",
		"en", "N3HJWE6U", SceneWithdrawn,
	},
	{
		"Greco", "Teresa", "1968-05-15", "F", "Bari (BA)", "A662",
		Address{"9 Boulevard Royal", "2449", "Luxembourg", "", "Lussemburgo"},
		"teresa.greco@posta.example", "", "+447700900115", "",
		"it", "G8MCYT7P", SceneSuperseded,
	},
	{
		"Barbieri", "Lucia", "1982-10-07", "F", "Trieste (TS)", "L424",
		Address{"Nørrebrogade 176, 3. tv", "2200", "København", "", "Danimarca"},
		"lucia.barbieri@posta.example", "", "+447700900117", "",
		"it", "C7KWTM4PXR9HDN3E", SceneActivate,
	},
	{
		"Testa", "Giorgio", "1961-03-28", "M", "Perugia (PG)", "G478",
		Address{"Strada Mihai Eminescu 62, ap. 9", "020079", "București", "", "Romania"},
		"giorgio.testa@posta.example", "", "+447700900118", "",
		"it", "H8RYDA3VTK6NWP4C", SceneFirstAccess,
	},
	{
		"Amato", "Silvia", "1977-08-16", "F", "Cagliari (CA)", "B354",
		Address{"Václavské náměstí 41", "110 00", "Praha", "", "Repubblica Ceca"},
		"silvia.amato@posta.example", "", "+447700900119", "",
		"it", "E9MCXK7T", SceneLapsed,
	},
	{
		"Bruni", "Marta", "1974-02-18", "F", "Livorno (LI)", "E625",
		Address{"Rue de la Loi 155", "1040", "Bruxelles", "", "Belgio"},
		"marta.bruni@patronato.example", "", "+447700900122", "",
		"it", "Y7KCN4TX", SceneDelegate,
	},
	{
		"Serra", "Pietro", "1969-09-21", "M", "Sassari (SS)", "I452",
		Address{"Calle 72 n. 10-34", "110231", "Bogotá", "", "Colombia"},
		"pietro.serra@posta.example", "", "+447700900123", "",
		"it", "F3RWM8HC", SceneDelegator,
	},
	{
		"Vianello", "Nicolò", "1990-01-09", "M", "Venezia (VE)", "L736",
		Address{"Kärntner Straße 40/12", "1010", "Wien", "", "Austria"},
		"nicolo.vianello@posta.example", "", "+447700900116", "",
		"it", "B4VQF9AN", SceneQuarantined,
	},
}
