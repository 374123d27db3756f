# Sends packets with every field that a traffic policy can select, and sees by which link each one comes.
#
#   perl wire.pl send     a line in, an answer out: "FAMILY PROTO FROM SPORT TO DPORT MARK TOS USER ID", "-" for none;
#                         "ok", or the name of the error that the kernel gives. PROTO is udp, tcp (a SYN) or icmp.
#   perl wire.pl put      a line in, an answer out: "DEVICE MAC FAMILY PROTO FROM SPORT TO DPORT TOS ID": a frame out of the device
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
    substr($echo, 2, 2) = pack "n", checksum($echo) if !$six;
    $body = $echo;
  }
  return defined send($s, $body, 0, $pack->($to, $proto eq "icmp" ? 0 : $dport)) ? "ok" : errorName();
}

sub checksum {
  my $sum = 0;
  $sum += $_ for unpack "n*", length($_[0]) % 2 ? "$_[0]\0" : $_[0];
  $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
  return ~$sum & 0xffff;
}

# A whole packet; nobody on its way looks at the sums of what it carries.
sub packet {
  my ($family, $proto, $from, $sport, $to, $dport, $tos, $id) = @_;
  my $six = $family == 6;
  ($sport, $dport, $tos) = map { $_ eq "-" ? 0 : $_ } $sport, $dport, $tos;
  my $body = sprintf "wire%08d", $id;
  my ($number, $data) =
    $proto eq "udp" ? (17, pack("nnnn", $sport, $dport, 8 + length $body, 0) . $body)
    : $proto eq "tcp" ? (6, pack("nnNNCCnnn", $sport, $dport, 1, 0, 0x50, 2, 64, 0, 0) . $body)
    : ($six ? 58 : 1, pack("CCnnn", $six ? 128 : 8, 0, 0, 1, 1) . $body);
  return pack("NnCC", 6 << 28 | $tos << 20, length $data, $number, 64) . inet_pton(AF_INET6, $from) . inet_pton(AF_INET6, $to) . $data if $six;
  my $head = sub { pack("CCnnnCCn", 0x45, $tos, 20 + length $data, 0, 0, 64, $number, $_[0]) . inet_pton(AF_INET, $from) . inet_pton(AF_INET, $to) };
  return $head->(checksum($head->(0))) . $data;
}

sub devices {
  my %index;
  open my $links, "-|", "ip", "-o", "link" or die;
  while (<$links>) { $index{$2} = $1 if /^(\d+): ([^\@:]+)/ }
  return %index;
}

if ($ARGV[0] eq "put") {
  my %index = devices();
  socket(my $out, 17, SOCK_DGRAM, 0) or die "AF_PACKET: $!";
  while (my $line = <STDIN>) {
    chomp $line;
    my ($device, $mac, $family, @rest) = split / /, $line;
    my $address = pack "S n i S C C a8", 17, $family == 6 ? 0x86dd : 0x0800, $index{$device}, 0, 0, 6, pack("H*", $mac =~ tr/://dr);
    print defined send($out, packet($family, @rest), 0, $address) ? "ok" : errorName(), "\n";
  }
  exit;
}

if ($ARGV[0] eq "send") {
  while (my $line = <STDIN>) { chomp $line; print send_one($line), "\n" }
  exit;
}

socket(my $packets, 17, SOCK_DGRAM, unpack("S", pack "n", 3)) or die "AF_PACKET: $!";
setsockopt($packets, SOL_SOCKET, SO_RCVBUF, pack("i", 1 << 22));
my %name = reverse devices();
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
