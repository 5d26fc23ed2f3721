package testkit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// DovecotPassword is that of every user of [Dovecot].
const DovecotPassword = "casella-di-prova" //nolint:gosec // of a server of the tests alone

// Dovecot starts a real IMAP server, in the clear on loopback, and returns its address
// and what stops and starts it again. Every user name has an empty mailbox.
func Dovecot(t testing.TB) (addr string, stop, start func()) {
	t.Helper()
	dir := openFolder(t)
	addr = FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	uid, gid := idsOf(t, "nobody")
	conf := fmt.Sprintf(`base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:%[1]s/mail/%%u
service imap-login {
  inet_listener imap {
    port = %[2]s
  }
  inet_listener imaps {
    port = 0
  }
  chroot =
}
service anvil {
  chroot =
}
passdb {
  driver = static
  args = password=%[3]s
}
userdb {
  driver = static
  args = uid=%[4]d gid=%[5]d home=%[1]s/mail/%%u
}
first_valid_uid = 1
first_valid_gid = 1
`, dir, port, DovecotPassword, uid, gid)
	write(t, filepath.Join(dir, "dovecot.conf"), conf)
	make755(t, filepath.Join(dir, "mail"))
	if err := os.Chown(filepath.Join(dir, "mail"), uid, gid); err != nil {
		t.Fatal(err)
	}
	var end func()
	start = func() {
		var err error
		end, err = run(exec.CommandContext(context.Background(), "dovecot", "-F", "-c", filepath.Join(dir, "dovecot.conf")), syscall.SIGTERM) //nolint:gosec // our own file
		if err != nil {
			t.Fatalf("Dovecot is needed (Debian: apt-get install dovecot-imapd): %v", err)
		}
		awaitGreeting(t, addr, "* OK", filepath.Join(dir, "log"))
	}
	stop = func() {
		if end != nil {
			end()
			end = nil
		}
	}
	start()
	t.Cleanup(stop)
	return addr, stop, start
}

// Postfix starts a real mail server that takes mail for anybody at addr, on loopback,
// and hands all of it to transport, such as "lmtp:unix:/run/mail.sock" or
// "smtp:[127.0.0.1]:2525". What is refused for now it tries again after five seconds: when
// that time is so short that the process that tried has not yet let go of the message, as
// one second is on a busy machine, the queue manager skips it and never comes back ("still
// being delivered"). It must be root, as Postfix must.
func Postfix(t testing.TB, transport string) (addr string) {
	t.Helper()
	return startPostfix(t, openFolder(t), transport, "n")
}

// PostfixChrooted is Postfix whose LMTP client sees its queue alone, as Debian's does: it
// hands mail to mail.sock in folder, which lies in the queue and is its own group's.
func PostfixChrooted(t testing.TB) (addr, folder string) {
	t.Helper()
	dir := openFolder(t)
	folder = filepath.Join(dir, "queue", "dispositivo")
	make755(t, folder)
	_, gid := idsOf(t, "postfix")
	if err := errors.Join(os.Chown(folder, -1, gid), os.Chmod(folder, 0o750|os.ModeSetgid)); err != nil {
		t.Fatal(err)
	}
	return startPostfix(t, dir, "lmtp:unix:dispositivo/mail.sock", "y"), folder
}

// startPostfix starts it in dir; chroot is "y" or "n", of its LMTP client.
func startPostfix(t testing.TB, dir, transport, chroot string) (addr string) {
	t.Helper()
	addr = FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	main := fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
myhostname = mx.pin.example
mydestination =
local_recipient_maps =
relay_domains = static:all
relay_transport = %[2]s
default_transport = error:nowhere
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
alias_maps =
message_size_limit = 36700160
minimal_backoff_time = 5s
maximal_backoff_time = 5s
queue_run_delay = 1s
transport_retry_time = 1s
smtp_helo_timeout = 5s
lmtp_lhlo_timeout = 5s
`, dir, transport)
	write(t, filepath.Join(dir, "main.cf"), main)
	var master strings.Builder
	fmt.Fprintf(&master, "127.0.0.1:%s inet n - n - - smtpd\n", port)
	for _, s := range []string{
		"cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce",
		"defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "flush unix n - n 1000? 0 flush", "proxymap unix - - n - - proxymap",
		"smtp unix - - n - - smtp", "relay unix - - n - - smtp", "lmtp unix - - " + chroot + " - - lmtp", "error unix - - n - - error", "retry unix - - n - - error",
		"discard unix - - n - - discard", "anvil unix - - n - 1 anvil", "scache unix - - n - 1 scache", "postlog unix-dgram n - n - 1 postlogd",
	} {
		master.WriteString(s + "\n")
	}
	write(t, filepath.Join(dir, "master.cf"), master.String())
	queueFolders(t, dir)
	cmd := exec.CommandContext(context.Background(), "/usr/lib/postfix/sbin/master", "-c", dir, "-d") //nolint:gosec // our own folder
	cmd.Env = append(os.Environ(), "MAIL_CONFIG="+dir)
	end, err := run(cmd, syscall.SIGTERM)
	if err != nil {
		t.Fatalf("Postfix is needed (Debian: apt-get install postfix): %v", err)
	}
	t.Cleanup(func() {
		end()
		if log, err := os.ReadFile(filepath.Join(dir, "log")); t.Failed() { //nolint:gosec // our own file
			t.Logf("the log of Postfix: %s (%v)", log, err)
		}
	})
	awaitGreeting(t, addr, "220", filepath.Join(dir, "log"))
	return addr
}

// queueFolders makes what Postfix wants to find, with the owners it wants.
func queueFolders(t testing.TB, dir string) {
	t.Helper()
	uid, gid := idsOf(t, "postfix")
	make755(t, filepath.Join(dir, "queue"))
	for _, name := range []string{"data", "queue/pid"} {
		make755(t, filepath.Join(dir, name))
	}
	for _, name := range []string{
		"queue/active", "queue/bounce", "queue/corrupt", "queue/defer", "queue/deferred", "queue/flush", "queue/hold", "queue/incoming",
		"queue/maildrop", "queue/private", "queue/public", "queue/saved", "queue/trace", "data",
	} {
		path := filepath.Join(dir, name)
		make755(t, path)
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
}

// openFolder is a temporary folder with a short path that servers of other users can
// enter; the testing package's own they cannot.
func openFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mail")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	make755(t, dir)
	return dir
}

func make755(t testing.TB, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // other users' servers live in it
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // likewise
		t.Fatal(err)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // settings without secrets
		t.Fatal(err)
	}
}

// idsOf are the ids of a user of the system; one's own, when one is not root.
func idsOf(t testing.TB, name string) (uid, gid int) {
	t.Helper()
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid()
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid
}

// awaitGreeting waits until a server greets.
func awaitGreeting(t testing.TB, addr, want, logFile string) {
	t.Helper()
	err := WaitFor(30*time.Second, func() error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", addr)
		if err != nil {
			return err
		}
		defer conn.Close()                                                        //nolint:errcheck // a probe
		if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil { //nolint:forbidigo // other processes have the real time only
			return err
		}
		buf := make([]byte, 64)
		n, err := conn.Read(buf)
		if err == nil && !strings.HasPrefix(string(buf[:n]), want) {
			err = fmt.Errorf("greets with %q", buf[:n])
		}
		return err
	})
	if err != nil {
		text, _ := os.ReadFile(logFile) //nolint:gosec // our own file
		t.Fatalf("the mail server does not answer: %v\n%s", err, text)
	}
}
