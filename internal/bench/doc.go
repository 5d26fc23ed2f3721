// Command bench measures the server against peers and prints a line per figure:
//
//	bench NAME ours=… peer=… ratio=… unit=… lower-is-better|higher-is-better
//
// ratio is ours/peer. Run it with make bench, or a group of figures alone with
// "go run ./internal/bench fax", audit, faxes, mail, reading, signin or upload. It wants Go, redis-server,
// libtiff-tools, libvips-tools, zbar-tools, qpdf and poppler-utils.
//
// A figure whose name ends in _cpu is the processor time (user and system) of
// the one before it: on a busy machine it says more than the clock on the wall.
// All that is compared in the groups fax and reading runs on one core (taskset),
// in turns (A B A B) in one run; the figures are medians, and of processor time
// means where it is counted in ticks.
//
// Group audit: audit_seal is how many rows of the log are sealed each second while
// 500 more a second are written, beside those 500.
//
// Group fax: decoding to packed rows, for one of 100 pages (ten letters, ten
// times) of G3-1D, G3-2D and G4 in one TIFF file.
//
//   - fax_decode_g3_1d, _g3_2d, _g4: ours reads the file, decodes it through
//     verify/tiff and writes the rows to a file in memory, in a process that has
//     started. The peer is all of "tiffcp -c none" from the same file to another
//     in memory.
//
// Group mail: mail_1, mail_8 are mails with an attachment of 900 KB that got 250 each
// second, over one and over eight connections. Ours keeps the mail as evidence, takes
// it apart, seals and syncs both mail and attachment, and commits their number. The
// peer is a bare go-smtp server that writes the same bytes to a file, with fsync,
// rename and fsync of the folder.
//
// Group faxes: faxes of two pages, a signed form and a specimen identity page in G3-1D,
// from the moment at which the spool folder holds them complete to that at which the
// holder's dossier is ready for review. All of the server is one process on all cores,
// over SQLite.
//
//   - faxes_3_p50, faxes_3_p99: at three a second for a minute, beside the minute in
//     which a receipt is due.
//   - faxes_3_behind: the median wait of the second half beside that of the first: above
//     1 the server falls behind.
//   - faxes_highest: how many a second become ready while there are always some to
//     read, beside 3.
//
// Group reading: a signed form of ours and a specimen identity page, from bytes
// to findings. Ours is Pool.Read with a warm child: all checks, the pictures to
// review and their thumbs. The peer is a shell script.
//
//   - fax_pipeline, fax_pipeline_g3: a fax of 204 by 196 in G4 and G3-2D, against
//     tiffcp, vipsthumbnail (2200 pixels, for each page) and zbarimg.
//   - fax_pipeline_hard: the same through so much noise that the first pass does
//     not find the token.
//   - pdf_pipeline, pdf_pipeline_jpeg, pdf_pipeline_hard: scans of 200 dpi in a
//     PDF, in G4, as JPEG, and with that noise, against qpdf --check, pdftoppm
//     (200 dpi) and zbarimg.
//
// Whether either found the token goes to standard error.
//
// Group signin: signin is sign-ins per second while nothing else runs, beside raw
// Argon2id with the same parameters on all cores; signin_tells the effect size
// (Cohen's d) of the time of 2,000 wrong tries, known against unknown codes, beside
// what counts as small; page_p99_while_signins_flood another page's time while
// sign-ins come at ten times capacity, beside its limit.
//
// Group upload: the figures are durable uploads per second of a 500 KB PDF, each with
// bytes of its own, over kept-alive connections, by 1 and by 64 signed-in
// holders at once. Ours is the real server in a process of its own. The peer is
// a bare net/http handler, in a process of its own too, that reads the same
// multipart body, hashes it, writes it to a file with fsync, rename and fsync of
// the folder, inserts one row with one SQLite commit (WAL, synchronous=FULL) and
// answers 201. The two take turns in one run on one disk (A B A B); the figure
// is the median of the turns, its ratio the median of the turns' ratios.
//
//   - upload_1, upload_64: the look at structure is off (--no-probe), and the
//     server has the role api, over a real Redis, so that no screening competes:
//     the peer has none either.
//   - upload_1_probe, upload_64_probe: the same with the look at structure on.
//   - upload_64_screening: all roles in one process, as make run starts it, but
//     for the probe; documents that came before are read meanwhile.
//   - upload_64_rss: the server's largest resident memory under 64 parallel
//     uploads of 1 MB, against the limit of 256 MiB; upload_64_rss_growth: that
//     of the second half against the first.
//
// The program must not be imported, and measures nothing but what it starts.
package main
