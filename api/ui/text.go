package ui

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"dispositivo/dossier"
)

// funcs are what the templates of one language may call.
func (u *UI) funcs(lang string) template.FuncMap {
	t := func(key string, pairs ...any) string { return u.texts.T(lang, key, toArgs(pairs)) }
	has := func(key string) bool { return u.texts.Has(lang, key) }
	named := func(before string, name any, after string) string {
		return u.texts.T(lang, before+fmt.Sprint(name)+after, nil)
	}
	return template.FuncMap{
		"t":         t,
		"targs":     func(key string, args map[string]string) string { return u.texts.T(lang, key, args) },
		"date":      func(at time.Time) string { return u.date(lang, at) },
		"datetime":  func(at time.Time) string { return u.datetime(lang, at) },
		"clock":     func(at time.Time) string { return at.In(u.rome).Format("15:04") },
		"iso":       func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"day":       func(iso string) string { return u.day(lang, iso) },
		"size":      func(bytes int64) string { return u.size(lang, bytes) },
		"tone":      tone,
		"state":     func(s any) string { return named("state.", s, "") },
		"substate":  func(s any) string { return named("submission.", s, "") },
		"stateIs":   func(s any) string { return named("state.", s, ".meaning") },
		"stateNext": func(s any) string { return named("state.", s, ".next") },
		"finding":   func(code any) string { return named("finding.", code, "") },
		"noticed":   func(f dossier.Finding) string { return u.noticed(lang, f) },
		"mend":      func(code any) string { return named("error.", code, ".detail") },
		"severity":  func(s any) string { return named("finding.severity.", s, "") },
		"reason":    func(r any) string { return named("reason.", r, "") },
		"label":     func(r any) string { return named("reason.", r, ".label") },
		"refusals":  dossier.RefusalReasons,
		"turned":    func(r dossier.Refusal) string { return t(first(r.Keys(has))) },
		"remedy":    func(r dossier.Refusal) string { return t(second(r.Keys(has))) },
		"channel":   func(c any) string { return named("ui.channel.", c, "") },
		"scene":     func(s any) string { return named("ui.demo.scene.", s, "") },
		"class":     func(c any) string { return named("ui.class.", c, "") },
		"arrival":   func(s any) string { return named("ui.arrival.", s, "") },
		"contact":   func(k any) string { return named("ui.contact.", k, "") },
		"doctype":   func(d string) string { return u.docType(lang, d) },
		"kind":      func(k any) string { return named("ui.kind.", k, "") },
		"kindText":  func(k any) string { return named("ui.kind.", k, ".text") },
		"role":      func(r any) string { return named("ui.role.", r, "") },
		"act":       func(action string) string { return u.act(lang, action) },
		"who":       func(actor string) string { return u.who(lang, actor) },
		"km":        func(km float64) string { return u.km(lang, km) },
		"geo":       geo,
		"tel":       tel,
		"weight":    weight,
		"asset":     u.static.url,
		"count":     func(key string, n int) string { return u.count(lang, key, n) },
		"dict":      dict,
		"in":        func(path, prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") },
	}
}

func first[T any](a, _ T) T { return a }

func second[T any](_, b T) T { return b }

// noticed words a finding. One that names another page says which.
func (u *UI) noticed(lang string, f dossier.Finding) string {
	key := "finding." + string(f.Code)
	r, ok := f.Repetition()
	if !ok {
		return u.texts.T(lang, key, nil)
	}
	how := ".like"
	if r.Same {
		how = ".same"
	}
	return u.texts.T(lang, key+how, map[string]string{"page": strconv.Itoa(r.Page), "protocol": r.Protocol.String()})
}

// toArgs turns "name", value, … into placeholders.
func toArgs(pairs []any) map[string]string {
	args := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = fmt.Sprint(pairs[i+1])
	}
	return args
}

// dict gives a sub-template several values.
func dict(pairs ...any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// count words a number of things: key.one for one, key.other for the rest.
func (u *UI) count(lang, key string, n int) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return u.texts.T(lang, key+form, map[string]string{"n": strconv.Itoa(n)})
}

// date is a day in Europe/Rome, such as "22 novembre 2026"; "" for the zero time.
func (u *UI) date(lang string, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	at = at.In(u.rome)
	months := strings.Split(u.texts.T(lang, "ui.date.months", nil), "|")
	if len(months) != 12 {
		return at.Format(time.DateOnly)
	}
	return u.texts.T(lang, "ui.date.day", map[string]string{
		"day": strconv.Itoa(at.Day()), "month": months[at.Month()-1], "year": strconv.Itoa(at.Year()),
	})
}

// datetime is a moment in Europe/Rome to the minute; "" for the zero time.
func (u *UI) datetime(lang string, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return u.texts.T(lang, "ui.date.moment", map[string]string{
		"date": u.date(lang, at), "time": at.In(u.rome).Format("15:04"),
	})
}

// day words an ISO 8601 day; text that is none stays as it is.
func (u *UI) day(lang, iso string) string {
	at, err := time.ParseInLocation(time.DateOnly, iso, u.rome)
	if err != nil {
		return iso
	}
	return u.date(lang, at)
}

// act words an action of the log; one without a text stays as it is.
func (u *UI) act(lang, action string) string {
	if key := "ui.history." + action; u.texts.Has(lang, key) {
		return u.texts.T(lang, key, nil)
	}
	return action
}

// docType words the type of an identity document; one without a text stays.
func (u *UI) docType(lang, name string) string {
	if key := "ui.doctype." + name; name != "" && u.texts.Has(lang, key) {
		return u.texts.T(lang, key, nil)
	}
	return name
}

// who words "role:id" of the log. Of staff the end of the id is kept, which
// tells two of them apart; a citizen and the system need none.
func (u *UI) who(lang, actor string) string {
	role, id, _ := strings.Cut(actor, ":")
	name := u.texts.T(lang, "ui.role."+role, nil)
	if role == string(dossier.RoleCitizen) || role == string(dossier.RoleSystem) || id == "" {
		return name
	}
	return name + " …" + id[max(0, len(id)-4):]
}

// size is a number of bytes for people, in binary units, as the limit is (C2).
func (u *UI) size(lang string, bytes int64) string {
	return u.texts.T(lang, "ui.size", map[string]string{"n": strconv.FormatInt(bytes, 10)})
}

// km is a distance to the kilometre.
func (u *UI) km(lang string, km float64) string {
	if km < 1 {
		return u.texts.T(lang, "ui.offices.here", nil)
	}
	return u.texts.T(lang, "ui.offices.km", map[string]string{"km": strconv.FormatFloat(km, 'f', 0, 64)})
}

// geo names a point in degrees (WGS 84) for whatever map the device has (RFC 5870).
func geo(latitude, longitude float64) template.URL {
	degrees := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	return template.URL("geo:" + degrees(latitude) + "," + degrees(longitude)) //nolint:gosec // numbers alone
}

// tel names a telephone number (RFC 3966): what is no digit in it is left out.
func tel(number string) template.URL {
	return template.URL("tel:" + strings.Map(func(r rune) rune { //nolint:gosec // digits alone
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number))
}

// tone is the badge colour of a dossier's or submission's state. The state's
// name always stands beside the colour.
func tone(state any) string {
	switch fmt.Sprint(state) {
	case string(dossier.StateConverted), string(dossier.StateApproved), string(dossier.SubmissionJoined),
		string(dossier.DeliveryDelivered):
		return "success"
	case string(dossier.StateRejected), string(dossier.SubmissionRefused), string(dossier.DeliveryFailed):
		return "danger"
	case string(dossier.StateWaiting), string(dossier.SubmissionQuarantined), string(dossier.SubmissionUnmatched),
		string(dossier.DeliveryDelayed):
		return "warning"
	case string(dossier.StateExpired), string(dossier.StateWithdrawn), string(dossier.StateSuperseded),
		string(dossier.SubmissionDuplicate), string(dossier.SubmissionNotASubmission):
		return "secondary"
	default:
		return "primary"
	}
}

// weight is the alert class of a severity.
func weight(s dossier.Severity) string {
	switch s {
	case dossier.SeverityBlock:
		return "danger"
	case dossier.SeverityWarn:
		return "warning"
	case dossier.SeverityInfo:
		return "info"
	default:
		return "info"
	}
}
