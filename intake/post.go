package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"dispositivo/dossier"
	"dispositivo/internal/ident"
	"dispositivo/internal/sandbox"
)

// MaxOriginal is the limit of what arrives by post, all files together, in bytes
// (DESIGN, section 3): 25 MB.
const MaxOriginal = 25 << 20

// maxExternalID bounds the name that a channel gives an arrival, in bytes.
const maxExternalID = 400

// MaxOffice bounds the name of an office, in bytes.
const MaxOffice = 64

// Post is something that arrived by fax, e-mail, PEC or at the counter. There is
// no dialogue: it gets its protocol number first, and whatever is wrong with it is
// found by the screening and answered on the channel (DESIGN, section 3).
type Post struct {
	// Actor is the gateway that hands it over, or the pipeline itself.
	Actor   dossier.Actor
	Channel dossier.Channel
	// ExternalID names the arrival within its channel, in at most 400 bytes: the
	// same again returns the first receipt and keeps nothing.
	ExternalID string
	// Counted says that whoever names arrivals may begin to count anew: other files under
	// a name that was used are CodeGatewayIDUsed, for they would count as safe and be lost.
	Counted bool
	Origin  dossier.Origin
	// Files are the documents, in their order, as they came.
	Files [][]byte
	// Dossier is what it belongs to, where whoever hands it over knows: at the
	// counter alone. Nil: the screening finds out.
	Dossier *dossier.Dossier
	// HolderID is whose papers they are that belong to no dossier: those a PIN was
	// issued with at the counter (A5). They are kept as evidence, for a person to look
	// at; no machine reads them. "" otherwise.
	HolderID string
	// Office is whose scanner left it, in at most MaxOffice bytes (C6): until it has a
	// dossier, that office's operators alone see it. "" for all that came otherwise.
	Office string
	// Answer leaves the task to answer the sender (dossier.TaskAnswer).
	Answer bool
	// Coded are, beside Files, the lines of base64 in which each stands in Evidence;
	// such a file is not kept a second time. Nil, all or one: it is.
	Coded [][]byte
	// Receipt: see dossier.Admission.
	Receipt *dossier.PECReceipt
	// Evidence is the original they were taken from, such as the whole mail; nil:
	// the files are the originals. With evidence alone it is not a submission: a
	// receipt, a bounce, an empty mail, papers of an issue.
	Evidence []byte
}

// size is that of the evidence or of the files taken out of it, whichever is
// larger, in bytes: a mail is not twice as large because it is kept in parts.
func (p Post) size() int64 {
	var n int64
	for _, f := range p.Files {
		n += int64(len(f))
	}
	return max(n, int64(len(p.Evidence)))
}

// Receive takes in what came by post and returns when it is safe: on disk, with
// its protocol number, committed. Only then may the channel acknowledge it.
//
// Errors: FileEmpty for nothing at all, FileTooLarge over MaxOriginal, both
// entered in the ledger; CodeRequestInvalid without channel or external id, or with
// a dossier, a holder or an office on another channel than the counter; CodeGatewayIDUsed, see Post.Counted; CodeConflict when that dossier takes
// no more pages. Any other error is temporary: the channel tries again.
func (d *Door) Receive(ctx context.Context, p Post) (Receipt, error) {
	if err := d.checkPost(ctx, p); err != nil {
		return Receipt{}, err
	}
	earlier, err := d.cfg.Store.AdmittedPost(ctx, p.Channel, p.ExternalID)
	if err == nil {
		return d.repeated(p, earlier)
	}
	if dossier.CodeOf(err) != dossier.CodeNotFound {
		return Receipt{}, fmt.Errorf("look for earlier post: %w", err)
	}
	sub, err := d.keepPost(ctx, p)
	if err != nil {
		return Receipt{}, err
	}
	change := dossier.Change{Actor: p.Actor, Admit: &dossier.Admission{Submission: sub, ExternalID: p.ExternalID, Sender: p.Origin.From, Receipt: p.Receipt}}
	if p.Answer {
		change.Effects = append(change.Effects, dossier.Enqueue{Kind: dossier.TaskAnswer, Subject: sub.ID})
	}
	if p.Dossier != nil {
		change.Dossier = &dossier.Move{ID: p.Dossier.ID, Event: dossier.EventPagesAdded}
	}
	out, err := d.cfg.Store.Apply(ctx, change)
	if dossier.CodeOf(err) == dossier.CodeConflict { // the same at the same moment: its row is there now
		out, err = d.cfg.Store.Apply(ctx, change)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("admit post: %w", err)
	}
	if out.Repeated {
		for _, f := range sub.Documents {
			d.forget(ctx, f.Blob)
		}
		return d.repeated(p, out.Submission)
	}
	return postReceipt(out.Submission, false), nil
}

// Earlier returns the receipt of what came under a channel's own name of it already;
// CodeNotFound: nothing did.
func (d *Door) Earlier(ctx context.Context, channel dossier.Channel, externalID string) (Receipt, error) {
	earlier, err := d.cfg.Store.AdmittedPost(ctx, channel, externalID)
	if err != nil {
		return Receipt{}, fmt.Errorf("look for earlier post: %w", err)
	}
	return postReceipt(earlier, true), nil
}

// repeated answers what was here already under its name.
func (d *Door) repeated(p Post, earlier dossier.Submission) (Receipt, error) {
	same := func(data []byte, f dossier.File) bool { return bytes.Equal(d.cfg.Hash.Sum(data), f.KeyedHash) }
	came := earlier.Documents[:min(len(p.Files), len(earlier.Documents))] // what was made of them comes after
	if p.Counted && !slices.EqualFunc(p.Files, came, same) {
		return Receipt{}, dossier.Problem(dossier.CodeGatewayIDUsed)
	}
	return postReceipt(earlier, true), nil
}

func (d *Door) checkPost(ctx context.Context, p Post) error {
	if err := p.Actor.Require(dossier.RoleGateway, dossier.RoleSystem, dossier.RoleOperator, dossier.RoleSupervisor); err != nil {
		return err
	}
	switch p.Channel {
	case dossier.ChannelFax, dossier.ChannelMail, dossier.ChannelPEC, dossier.ChannelCounter:
	case dossier.ChannelUpload:
		return dossier.Problem(dossier.CodeRequestInvalid) // a dialogue: Accept
	default:
		return dossier.Problem(dossier.CodeRequestInvalid)
	}
	switch {
	case p.ExternalID == "" || len(p.ExternalID) > maxExternalID, p.Dossier != nil && p.Channel != dossier.ChannelCounter,
		p.Office != "" && (p.Channel != dossier.ChannelCounter || p.Dossier != nil || p.HolderID != "" || len(p.Office) > MaxOffice),
		p.HolderID != "" && (p.Channel != dossier.ChannelCounter || p.Dossier != nil || len(p.Files) > 0):
		return dossier.Problem(dossier.CodeRequestInvalid)
	case p.size() == 0:
		return d.refusePost(ctx, p, dossier.Problem(dossier.Code(dossier.FileEmpty)))
	case p.size() > MaxOriginal:
		return d.refusePost(ctx, p, &dossier.Error{Code: dossier.Code(dossier.FileTooLarge), Args: map[string]string{
			"size": strconv.FormatInt(p.size(), 10), "limit": strconv.Itoa(MaxOriginal),
		}})
	}
	return nil
}

// keptAtOnce is how many files of one arrival are made safe at the same time: each
// waits for the disk.
const keptAtOnce = 4

// keepPost makes the bytes safe; evidence comes first, its hash is the protocol's.
func (d *Door) keepPost(ctx context.Context, p Post) (dossier.Submission, error) {
	sub := dossier.Submission{ID: ident.New(d.cfg.Clock.Now()), Channel: p.Channel, HolderID: p.HolderID, Office: p.Office}
	if p.Dossier != nil {
		sub.DossierID, sub.HolderID = p.Dossier.ID, p.Dossier.HolderID
	}
	all, first := p.Files, 1
	if p.Evidence != nil {
		all, first = append([][]byte{p.Evidence}, p.Files...), 0
	}
	sub.Documents = make([]dossier.File, len(all))
	group, keeping := errgroup.WithContext(ctx)
	group.SetLimit(keptAtOnce)
	for i, data := range all {
		// Files are read in the order of their ids.
		f := &sub.Documents[i]
		f.ID, f.Bytes = fmt.Sprintf("%s-%03d", sub.ID, first+i), int64(len(data))
		f.Format, f.Evidence = string(sandbox.Sniff(data)), first+i == 0
		group.Go(func() (err error) {
			if f.Within = p.within(first + i - 1); f.Within != nil {
				f.WrappedKey, err = d.cfg.Vault.Within(f.ID)
			} else {
				f.Blob, f.WrappedKey, err = d.cfg.Vault.Keep(keeping, f.ID, data)
			}
			if err != nil {
				return fmt.Errorf("keep post: %w", err)
			}
			return nil
		})
		group.Go(func() error { // while Keep waits for the disk
			f.KeyedHash = d.cfg.Hash.Sum(data)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return sub, err
	}
	for i := range sub.Documents {
		if f := &sub.Documents[i]; f.Within != nil {
			f.Blob, f.Within.FileID, f.Within.WrappedKey = sub.Documents[0].Blob, sub.Documents[0].ID, sub.Documents[0].WrappedKey
		}
	}
	origin, err := json.Marshal(p.Origin)
	if err != nil {
		return sub, fmt.Errorf("encode origin: %w", err)
	}
	sub.Documents[0].SealedOrigin, err = d.cfg.Vault.SealNote(sub.Documents[0], origin)
	return sub, err
}

// within is where in the evidence file n stands, without the evidence's name; nil:
// nowhere.
func (p Post) within(n int) *dossier.Excerpt {
	if n < 0 || n >= len(p.Coded) || len(p.Coded[n]) == 0 {
		return nil
	}
	at := bytes.Index(p.Evidence, p.Coded[n])
	if at < 0 {
		return nil
	}
	return &dossier.Excerpt{At: int64(at), Length: int64(len(p.Coded[n]))}
}

func postReceipt(sub dossier.Submission, repeated bool) Receipt {
	return Receipt{
		SubmissionID: sub.ID, DossierID: sub.DossierID, Protocol: sub.Protocol.String(), ReceivedAt: sub.ReceivedAt, Repeated: repeated,
	}
}
