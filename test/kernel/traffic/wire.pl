# Sends packets with every field that a traffic policy can select, and sees by which link each one comes.
#
#   perl wire.pl send     a line in, an answer out: "FAMILY PROTO FROM SPORT TO DPORT MARK TOS USER ID", "-" for none;
#                         "ok", or the name of the error that the kernel gives. PROTO is udp, tcp (a SYN) or icmp.
#   perl wire.pl see      prints "DEVICE FROM TO PROTO SPORT DPORT ID" for each packet that comes in; "end" when a line comes in
use strict;
use warnings;
use Socket qw(:all);
use Errno;
use Fcntl;

$| = 1;
my ($SO_MARK, $IP_FREEBIND, $IPV6_TCLASS, $IPV6_FREEBIND) = (36, 15, 67, 78);

sub errorName {
  for my $name (qw(ENETUNREACH EHOSTUNREACH EACCES EINVAL EPERM EADDRNOTAVAIL)) { return $name if $!{$name} }
  return "E" . ($! + 0);
}

sub send_one {
  my ($family, $proto, $from, $sport, $to, $dport, $mark, $tos, $user, $id) = split / /, $_[0];
  my $six = $family == 6;
  my $af = $six ? AF_INET6 : AF_INET;
  my ($type, $number) = $proto eq "udp" ? (SOCK_DGRAM, 17) : $proto eq "tcp" ? (SOCK_STREAM, 6) : (SOCK_RAW, $six ? 58 : 1);
  my $pack = sub { my ($a, $p) = @_; $six ? pack_sockaddr_in6($p, inet_pton($af, $a)) : pack_sockaddr_in($p, inet_pton($af, $a)) };
  # A raw socket is root's to open, whoever it then belongs to; the socket is of the user who opens it.
  $> = $user if $user ne "-" && $proto ne "icmp";
  my $opened = socket(my $s, $af, $type, $number);
  $> = 0;
  return errorName() if !$opened;
  setsockopt($s, SOL_SOCKET, $SO_MARK, pack("i", $mark)) if $mark ne "-";
  if ($tos ne "-") { $six ? setsockopt($s, 41, $IPV6_TCLASS, pack("i", $tos)) : setsockopt($s, 0, 1, pack("i", $tos)) }
  if ($from ne "-" || $sport ne "-") {
    setsockopt($s, SOL_SOCKET, SO_REUSEADDR, pack("i", 1));
    bind($s, $pack->($from eq "-" ? ($six ? "::" : "0.0.0.0") : $from, $sport eq "-" ? 0 : $sport)) or return errorName();
  }
  if ($proto eq "tcp") {
    fcntl($s, F_SETFL, O_NONBLOCK);
    return "ok" if connect($s, $pack->($to, $dport)) || $!{EINPROGRESS} || $!{ECONNREFUSED};
    return errorName();
  }
  my $body = sprintf "wire%08d", $id;
  if ($proto eq "icmp") {
    my $echo = pack("CCnnn", $six ? 128 : 8, 0, 0, 1, 1) . $body;
    if (!$six) {
      my $sum = 0;
      $sum += $_ for unpack "n*", $echo;
      $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
      substr($echo, 2, 2) = pack "n", ~$sum & 0xffff;
    }
    $body = $echo;
  }
  return defined send($s, $body, 0, $pack->($to, $proto eq "icmp" ? 0 : $dport)) ? "ok" : errorName();
}

if ($ARGV[0] eq "send") {
  while (my $line = <STDIN>) { chomp $line; print send_one($line), "\n" }
  exit;
}

socket(my $packets, 17, SOCK_DGRAM, unpack("S", pack "n", 3)) or die "AF_PACKET: $!";
setsockopt($packets, SOL_SOCKET, SO_RCVBUF, pack("i", 1 << 22));
my %name;
open my $links, "-|", "ip", "-o", "link" or die;
while (<$links>) { $name{$1} = $2 if /^(\d+): ([^\@:]+)/ }
close $links;
print "ready\n";
my $both = "";
vec($both, fileno($_), 1) = 1 for $packets, *STDIN;
my $ending = 0;
while (1) {
  my $ready = select(my $r = $both, undef, undef, $ending ? 0.05 : undef);
  if (vec($r, fileno $packets, 1)) {
    my $from = recv($packets, my $data, 2048, 0);
    my (undef, undef, $index, undef, $kind) = unpack "S n i S C", $from;
    # To us, and not what we send ourselves.
    next if $kind != 0 || length $data < 28;
    my $six = ord($data) >> 4 == 6;
    my $proto = ord substr $data, $six ? 6 : 9, 1;
    my $head = $six ? 40 : 4 * (ord($data) & 15);
    my $to = $six ? inet_ntop(AF_INET6, substr $data, 24, 16) : inet_ntop(AF_INET, substr $data, 16, 4);
    my $source = $six ? inet_ntop(AF_INET6, substr $data, 8, 16) : inet_ntop(AF_INET, substr $data, 12, 4);
    my ($sport, $dport) = length $data >= $head + 4 ? unpack "nn", substr $data, $head, 4 : (0, 0);
    my $id = $data =~ /wire(\d{8})/ ? $1 + 0 : "-";
    print "$name{$index} $source $to $proto $sport $dport $id\n";
  } elsif (vec($r, fileno STDIN, 1)) {
    my $line;
    exit if !sysread STDIN, $line, 4096;
    $ending = 1;
  } elsif ($ending) {
    print "end\n";
    $ending = 0;
  }
}
