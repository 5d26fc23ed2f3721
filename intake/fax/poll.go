package fax

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"dispositivo/dossier"
	"dispositivo/internal/netx"
)

// Inbox is a provider whose faxes are fetched. Each is marked as read at the
// provider only after the door has it safe; a crash between the two fetches it
// again, and the door knows it.
type Inbox interface {
	// name is the source's, in external ids.
	name() string
	// unread lists what was not marked as read; Data is still to be fetched.
	unread(ctx context.Context) ([]Fax, error)
	fetch(ctx context.Context, id string) ([]byte, error)
	markRead(ctx context.Context, id string) error
}

// Poll takes in what is unread. A fax that fails does not keep the others; it stays
// unread for the next time.
func Poll(ctx context.Context, in Inbox, door Door) error {
	faxes, err := in.unread(ctx)
	if err != nil {
		return fmt.Errorf("look into inbox of %s: %w", in.name(), err)
	}
	var errs []error
	for _, f := range faxes {
		if err := pollOne(ctx, in, door, f); err != nil {
			errs = append(errs, fmt.Errorf("fax of %s: %w", in.name(), err))
		}
	}
	return errors.Join(errs...)
}

func pollOne(ctx context.Context, in Inbox, door Door, f Fax) error {
	if !validID(f.ID) {
		return invalid("fax id", "is not printable, or too long")
	}
	data, err := in.fetch(ctx, f.ID)
	if err != nil && !f.Failed {
		return err
	}
	f.Data = data
	_, err = deliver(ctx, door, in.name(), f)
	if code := dossier.CodeOf(err); err != nil && code != dossier.Code(dossier.FileEmpty) && code != dossier.Code(dossier.FileTooLarge) {
		return err
	}
	// What can never be taken is in the ledger: once, not at every look.
	return errors.Join(err, in.markRead(ctx, f.ID))
}

// SRFax is an account of SRFax: one address, JSON in and out.
type SRFax struct {
	Client *netx.Client
	// URL is the address of the web service, ID and Password the account's.
	URL, ID, Password string
}

// srfaxAnswer is what every action gives.
type srfaxAnswer struct {
	Status string          `json:"Status"`
	Result json.RawMessage `json:"Result"`
}

// srfaxEntry is a fax of the inbox.
type srfaxEntry struct {
	FileName      string    `json:"FileName"`
	ReceiveStatus string    `json:"ReceiveStatus"`
	CallerID      string    `json:"CallerID"`
	Pages         Announced `json:"Pages"`
}

func (s SRFax) name() string { return "srfax" }

// call carries out an action and reads its result into v.
func (s SRFax) call(ctx context.Context, action string, more map[string]string, v any) error {
	fields := map[string]string{"action": action, "access_id": s.ID, "access_pwd": s.Password}
	for k, value := range more {
		fields[k] = value
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("encode action: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(string(body)))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.Client.Do(ctx, req)
	if err != nil {
		return err
	}
	var a srfaxAnswer
	if err := json.Unmarshal(resp.Body, &a); err != nil || resp.Status != http.StatusOK || a.Status != "Success" {
		return fmt.Errorf("%s: status %d, %.40q", action, resp.Status, a.Status)
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(a.Result, v); err != nil {
		return fmt.Errorf("%s: read result: %w", action, err)
	}
	return nil
}

func (s SRFax) unread(ctx context.Context) ([]Fax, error) {
	var entries []srfaxEntry
	if err := s.call(ctx, "Get_Fax_Inbox", map[string]string{"sPeriod": "ALL", "sViewedStatus": "UNREAD"}, &entries); err != nil {
		return nil, err
	}
	faxes := make([]Fax, len(entries))
	for i, e := range entries {
		faxes[i] = Fax{ID: e.FileName, From: e.CallerID, Pages: int(e.Pages), Incomplete: !strings.EqualFold(e.ReceiveStatus, "Ok")}
	}
	return faxes, nil
}

func (s SRFax) fetch(ctx context.Context, id string) ([]byte, error) {
	var data []byte // base64
	err := s.call(ctx, "Retrieve_Fax", map[string]string{
		"sFaxFileName": id, "sDirection": "IN", "sFaxFormat": "TIF", "sMarkasViewed": "N",
	}, &data)
	return data, err
}

func (s SRFax) markRead(ctx context.Context, id string) error {
	return s.call(ctx, "Update_Viewed_Status", map[string]string{"sFaxFileName": id, "sDirection": "IN", "sMarkasViewed": "Y"}, nil)
}

// InterFAX is an account of InterFAX: its REST interface, with basic credentials.
type InterFAX struct {
	Client *netx.Client
	// URL is the address of the interface without a slash at its end.
	URL, User, Password string
}

// interfaxEntry is a fax of the inbox. Status is 0 when all is well.
type interfaxEntry struct {
	MessageID   int64  `json:"messageId"`
	RemoteCSID  string `json:"remoteCSID"`
	CallerID    string `json:"callerId"`
	MessageCode int    `json:"messageStatus"`
}

func (f InterFAX) name() string { return "interfax" }

func (f InterFAX) call(ctx context.Context, method, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, f.URL+path, nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.SetBasicAuth(f.User, f.Password)
	resp, err := f.Client.Do(ctx, req)
	if err != nil {
		return nil, err
	}
	if resp.Status != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.Status)
	}
	return resp.Body, nil
}

func (f InterFAX) unread(ctx context.Context) ([]Fax, error) {
	body, err := f.call(ctx, http.MethodGet, "/inbound/faxes?unreadOnly=true")
	if err != nil {
		return nil, err
	}
	var entries []interfaxEntry
	if err := json.Unmarshal(body, &entries); err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	faxes := make([]Fax, len(entries))
	for i, e := range entries {
		faxes[i] = Fax{ID: strconv.FormatInt(e.MessageID, 10), From: e.CallerID, Incomplete: e.MessageCode != 0}
		if e.CallerID == "" {
			faxes[i].From = e.RemoteCSID
		}
	}
	return faxes, nil
}

func (f InterFAX) fetch(ctx context.Context, id string) ([]byte, error) {
	return f.call(ctx, http.MethodGet, "/inbound/faxes/"+url.PathEscape(id)+"/content")
}

func (f InterFAX) markRead(ctx context.Context, id string) error {
	_, err := f.call(ctx, http.MethodPost, "/inbound/faxes/"+url.PathEscape(id)+"/mark?unread=false")
	return err
}
