// Command bench measures the server against peers and prints a line per figure:
//
//	bench NAME ours=… peer=… ratio=… unit=… lower-is-better|higher-is-better
//
// ratio is ours/peer. Run it with make bench; it wants Go and redis-server.
//
// The upload figures are durable uploads per second of a 500 KB PDF, each with
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
