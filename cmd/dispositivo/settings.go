package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dispositivo/dossier"
	"dispositivo/internal/antivirus"
	"dispositivo/internal/clock"
	"dispositivo/internal/paper"
	"dispositivo/internal/sandbox"
	"dispositivo/internal/seal"
	"dispositivo/pin"
	"dispositivo/pin/letters"
)

// storage says where the truth lies; every command that opens it has these.
type storage struct {
	Data        string `help:"Folder of everything that is kept." default:"data" type:"path" env:"DISPOSITIVO_DATA"`
	KeyFile     string `help:"Master key, mode 0600 (dispositivo init-keys makes one)." type:"path" env:"DISPOSITIVO_KEY_FILE"`
	PepperFile  string `help:"Pepper of the PIN hashes, mode 0600." type:"path" env:"DISPOSITIVO_PEPPER_FILE"`
	DatabaseURL string `help:"postgres://…; unset: SQLite in the data folder." env:"DISPOSITIVO_DATABASE_URL"`
	BlobURL     string `help:"file:///…; unset: the data folder." env:"DISPOSITIVO_BLOB_URL"`
	AuditFile   string `help:"File that receives signed checkpoints of the log; best on another disk. Unset: audit-checkpoints.jsonl in the data folder." type:"path" env:"DISPOSITIVO_AUDIT_FILE"`
	Webhooks    string `help:"JSON file with the subscribers that are told of state changes (docs/integration.md); unset: none." type:"existingfile" env:"DISPOSITIVO_WEBHOOKS"`
}

func (s storage) database() string {
	if s.DatabaseURL != "" {
		return s.DatabaseURL
	}
	return filepath.Join(s.Data, "dispositivo.db")
}

func (s storage) blobs() (string, error) {
	if s.BlobURL == "" {
		return filepath.Join(s.Data, "blobs"), nil
	}
	path, ok := strings.CutPrefix(s.BlobURL, "file://")
	if !ok || !filepath.IsAbs(path) {
		return "", settingError{errors.New("blob URL: this version keeps blobs in a folder only, file:///absolute/path")}
	}
	return path, nil
}

// keys loads the key files. A demonstration makes its own.
func (s storage) keys(env *environment, demo bool) (*seal.Keys, error) {
	key, pepper := s.keyFiles(demo)
	if key == "" || pepper == "" {
		return nil, settingError{errors.New("a key file and a pepper file are needed: set DISPOSITIVO_KEY_FILE and DISPOSITIVO_PEPPER_FILE, " +
			"or make them with: dispositivo init-keys --key-file master.key --pepper-file pepper.key")}
	}
	if demo && s.KeyFile == "" {
		if _, err := os.Stat(key); errors.Is(err, os.ErrNotExist) {
			fmt.Fprintln(env.stderr, "warning: made demonstration keys; they protect nothing worth protecting")
			if err := seal.CreateKeys(key, pepper); err != nil {
				return nil, fmt.Errorf("make demonstration keys: %w", err)
			}
		}
	}
	keys, err := seal.LoadKeys(key, pepper)
	if err != nil {
		return nil, settingError{fmt.Errorf("load keys: %w", err)}
	}
	return keys, nil
}

func (s storage) keyFiles(demo bool) (key, pepper string) {
	if demo && s.KeyFile == "" && s.PepperFile == "" {
		return filepath.Join(s.Data, "demo-master.key"), filepath.Join(s.Data, "demo-pepper.key")
	}
	return s.KeyFile, s.PepperFile
}

// procedure holds the settings of the procedure itself.
type procedure struct {
	MaxBytes int64 `help:"Limit of an uploaded file, in bytes (C2)." default:"1048576" env:"DISPOSITIVO_MAX_BYTES"`
	FourEyes bool  `help:"Approvals need two reviewers." env:"DISPOSITIVO_FOUR_EYES"`
	// See dossier.Policy.
	ProtectHours int `help:"Hours that an approved conversion waits, so that it can still be stopped (C12)." default:"0" env:"DISPOSITIVO_PROTECT_HOURS"`

	Agency      string   `help:"Name of the agency, on forms and in messages." default:"INPS" env:"DISPOSITIVO_AGENCY"`
	Contact     string   `help:"Where holders find help." default:"803 164" env:"DISPOSITIVO_CONTACT"`
	FaxNumbers  []string `help:"Fax numbers on the form; one from abroad begins with +." default:"800 803 164,+39 06 9999 0000" env:"DISPOSITIVO_FAX_NUMBERS"`
	FormEmail   string   `help:"E-mail address for forms." default:"conversione@pin.example" env:"DISPOSITIVO_FORM_EMAIL"`
	FormPEC     string   `help:"PEC address for forms." default:"conversione@pec.example" env:"DISPOSITIVO_FORM_PEC"`
	FormOffice  string   `help:"Where the form can be handed in." default:"ogni sede INPS / any INPS office" env:"DISPOSITIVO_FORM_OFFICE"`
	Eligibility string   `help:"Who may have a PIN (A2): since-2021-10-01 (residents abroad without an Italian identity document) or before-2021-10-01 (everyone)." default:"since-2021-10-01" enum:"since-2021-10-01,before-2021-10-01" env:"DISPOSITIVO_ELIGIBILITY"`
	Office      string   `help:"Competent office of who asks for a PIN and has none yet." default:"residenti-estero" env:"DISPOSITIVO_OFFICE"`
	Guardians   bool     `help:"Guardians may take a PIN for another at the counter: of the years 2020 and 2021." env:"DISPOSITIVO_GUARDIANS"`
	PINWindow   int      `help:"Days within which a PIN must be activated and changed (A8)." default:"90" env:"DISPOSITIVO_PIN_WINDOW"`
	PINMaxAge   int      `help:"Days after which a PIN must be changed (B4); 0: never." default:"90" env:"DISPOSITIVO_PIN_MAX_AGE"`
	// By type, such as citizen=180;patronato=90.
	PINMaxAgeOf map[string]int `help:"The same for single types of holder." env:"DISPOSITIVO_PIN_MAX_AGE_OF"`
	// See pin/activation: who has no contact confirmed before still needs the letter.
	SecondHalfByMessage bool   `help:"At the activation send the second half instead of asking for the letter's (B1)." env:"DISPOSITIVO_SECOND_HALF_BY_MESSAGE"`
	ReturnAddress       string `help:"Postal address in one line for letters that come back." default:"INPS, Via Ciro il Grande 21, 00144 Roma" env:"DISPOSITIVO_RETURN_ADDRESS"`
	LettersAt           int    `help:"Hour of Rome in which the day's letters are made (A9); -1: by operators alone." default:"6" env:"DISPOSITIVO_LETTERS_AT"`
	// By destination, such as italy=10;europe=30;elsewhere=45.
	LetterWait map[string]int `help:"Days after posting until a letter counts as lost (A9)." default:"italy=10;europe=30;elsewhere=45" env:"DISPOSITIVO_LETTER_WAIT"`
	PINRemind  int            `help:"Days before the end of the window of a PIN in which its holder is reminded (A9)." default:"14" env:"DISPOSITIVO_PIN_REMIND"`
	KeepImages int            `help:"Days after the decision until images are erased." default:"90" env:"DISPOSITIVO_KEEP_IMAGES"`
	Services   string         `help:"Catalogue of services in JSON (pin/services/catalogue.json shows how); unset: the built-in one (B7)." type:"existingfile" env:"DISPOSITIVO_SERVICES"`
	Offices    string         `help:"Catalogue of offices and consulates in JSON (internal/offices/catalogue.json shows how); unset: the built-in one (E2)." type:"existingfile" env:"DISPOSITIVO_OFFICES"`
	NoProbe    bool           `help:"Leave structure to the screening alone; to measure with." hidden:"" env:"DISPOSITIVO_NO_PROBE"`
}

func (p procedure) policy() dossier.Policy {
	policy := dossier.DefaultPolicy()
	policy.FourEyes = p.FourEyes
	policy.Protects = time.Duration(p.ProtectHours) * time.Hour
	return policy
}

// pinPolicy holds the time limits of PINs; an unknown type of holder is refused
// by Validate.
func (p procedure) pinPolicy() pin.Policy {
	const day = 24 * time.Hour
	policy := pin.Policy{
		Window: time.Duration(p.PINWindow) * day, MaxAge: time.Duration(p.PINMaxAge) * day,
		MaxAgeOf: map[dossier.HolderType]time.Duration{},
	}
	for name, days := range p.PINMaxAgeOf {
		policy.MaxAgeOf[dossier.HolderType(name)] = time.Duration(days) * day
	}
	return policy
}

// letterPolicy holds the times of letters; an unknown destination is refused by
// Validate, one that is not named keeps its default.
func (p procedure) letterPolicy() letters.Policy {
	const day = 24 * time.Hour
	policy := letters.DefaultPolicy()
	policy.RemindBefore = time.Duration(p.PINRemind) * day
	for to, days := range p.LetterWait {
		policy.Wait[dossier.Destination(to)] = time.Duration(days) * day
	}
	return policy
}

// Validate is called by kong.
func (p procedure) Validate() error {
	for name := range p.PINMaxAgeOf {
		if !slices.Contains(dossier.HolderTypes(), dossier.HolderType(name)) {
			return fmt.Errorf("pin-max-age-of: %q is no type of holder", name)
		}
	}
	for to := range p.LetterWait {
		if _, known := letters.DefaultPolicy().Wait[dossier.Destination(to)]; !known {
			return fmt.Errorf("letter-wait: %q is no destination", to)
		}
	}
	return nil
}

func (p procedure) ways(publicURL string) paper.Ways {
	w := paper.Ways{Portal: publicURL, Email: p.FormEmail, PEC: p.FormPEC, Office: p.FormOffice}
	for _, n := range p.FaxNumbers {
		w.Faxes = append(w.Faxes, paper.Fax{Number: n, Abroad: strings.HasPrefix(n, "+")})
	}
	return w
}

// reading bounds what one document may cost (DESIGN, section 4).
type reading struct {
	Children    int           `help:"Sandbox children that read documents at once." default:"2" env:"DISPOSITIVO_CHILDREN"`
	MaxPages    int           `help:"Pages of a document." default:"20" env:"DISPOSITIVO_MAX_PAGES"`
	ReadTime    time.Duration `help:"Time to read a document, besides the time for each page." default:"5s" env:"DISPOSITIVO_READ_TIME"`
	PageTime    time.Duration `help:"Time to read a page." default:"2s" env:"DISPOSITIVO_PAGE_TIME"`
	LongestTime time.Duration `help:"Longest time to read a document." default:"60s" env:"DISPOSITIVO_LONGEST_TIME"`
	ReadMemory  int64         `help:"Resident bytes at which a child is killed." default:"536870912" env:"DISPOSITIVO_READ_MEMORY"`
	Clamd       string        `help:"ClamAV daemon that scans documents before their pages are read: unix:/path/of/socket, or IP:port of loopback; unset: none." env:"DISPOSITIVO_CLAMD"`
}

// antivirus is nil where there is none.
func (r reading) antivirus(clk clock.Clock) (func(context.Context, []byte) (string, error), error) {
	if r.Clamd == "" {
		return nil, nil //nolint:nilnil // to have none is no error
	}
	c, err := antivirus.NewClamd(r.Clamd, clk)
	if err != nil {
		return nil, err
	}
	return c.Scan, nil
}

func (r reading) limits(maxBytes int64) sandbox.Limits {
	return sandbox.Limits{
		Bytes: maxBytes, Pages: r.MaxPages, Base: r.ReadTime, PerPage: r.PageTime, Longest: r.LongestTime, Memory: r.ReadMemory,
	}
}

// carriers says how messages leave.
type carriers struct {
	SMTPAddr     string `help:"host:port of the mail server." name:"smtp-addr" env:"DISPOSITIVO_SMTP_ADDR"`
	SMTPFrom     string `help:"Sender of messages." name:"smtp-from" default:"PIN dispositivo <no-reply@pin.example>" env:"DISPOSITIVO_SMTP_FROM"`
	SMTPTLS      string `help:"mandatory, opportunistic, implicit or none." name:"smtp-tls" default:"mandatory" enum:"mandatory,opportunistic,implicit,none" env:"DISPOSITIVO_SMTP_TLS"`
	SMTPUser     string `help:"User name at the mail server." name:"smtp-user" env:"DISPOSITIVO_SMTP_USER"`
	SMTPPassword string `help:"File with the password at the mail server." name:"smtp-password-file" type:"path" env:"DISPOSITIVO_SMTP_PASSWORD_FILE"`
	PECAddr      string `help:"host:port of the mail server of our PEC box, for messages to PEC addresses; unset: they leave by --smtp-addr." name:"pec-smtp-addr" env:"DISPOSITIVO_PEC_SMTP_ADDR"`
	PECFrom      string `help:"Address of our PEC box." name:"pec-smtp-from" env:"DISPOSITIVO_PEC_SMTP_FROM"`
	PECTLS       string `help:"As --smtp-tls." name:"pec-smtp-tls" default:"implicit" enum:"mandatory,opportunistic,implicit,none" env:"DISPOSITIVO_PEC_SMTP_TLS"`
	PECUser      string `help:"User name of our PEC box." name:"pec-smtp-user" env:"DISPOSITIVO_PEC_SMTP_USER"`
	PECPassword  string `help:"File with the password of our PEC box." name:"pec-smtp-password-file" type:"path" env:"DISPOSITIVO_PEC_SMTP_PASSWORD_FILE"`
	SMSURL       string `help:"https address of the SMS interface." name:"sms-url" env:"DISPOSITIVO_SMS_URL"`
	SMSToken     string `help:"File with the bearer token of the SMS interface." name:"sms-token-file" type:"path" env:"DISPOSITIVO_SMS_TOKEN_FILE"`
}

// pecBox is the address that messages by PEC leave from; "" for one that is none, by
// which nothing leaves either.
func (m carriers) pecBox() string {
	from := m.SMTPFrom
	if m.PECAddr != "" {
		from = m.PECFrom
	}
	box, err := netmail.ParseAddress(from)
	if err != nil {
		return ""
	}
	return box.Address
}

// secret reads a file that holds one line; "" for no file.
func secret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// onLoopback reports whether only this machine can reach the address.
func onLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
