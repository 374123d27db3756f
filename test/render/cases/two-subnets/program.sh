#!/bin/sh
program() {
cat <<'MULTIHOME'
PLAN='plan 1 edge-1
numbers protocol=77 group=77 table=7000 tables=256 priority=7000 window=3000 canary=7000 pending=7001 active=7002 band0=7010 band1=8500 join=9990 mark=0x40000000
interface back slot 34 address 10.0.2.10
interface front slot 88 mac 02:00:00:00:01:0a
address back 10.0.2.10
address front 10.0.1.10
address front 10.0.1.11
address front 2001:db8:1::10
prefix front 10.0.1.32/28
sysctl back ipv4/conf/@/arp_announce 2
sysctl back ipv4/conf/@/arp_ignore 1
sysctl front ipv4/conf/@/arp_announce 2
sysctl front ipv4/conf/@/arp_ignore 1
cover4 10.0.0.0/22
route4 10.0.2.0/24 dev @back src 10.0.2.10 table @back
route4 172.31.0.0/16 via 10.0.2.254 dev @back src 10.0.2.10 onlink table @back
route4 default via 10.0.2.1 dev @back src 10.0.2.10 onlink table @back
route4 unreachable default table @back metric 4278198272
route4 10.0.1.0/24 dev @front src 10.0.1.10 table @front
route4 default via 10.0.1.1 dev @front src 10.0.1.10 onlink table @front
route4 unreachable default table @front metric 4278198272
rule4 +0 not from 10.0.0.0/22 goto +1420
rule4 +10 from 10.0.2.10/32 goto +1122
rule4 +11 from 10.0.1.10/31 goto +1284
rule4 +14 from 10.0.1.32/28 goto +1284
rule4 +1010 goto +1420
rule4 +1122 lookup main suppress_prefixlength 1 suppress_ifgroup 77
rule4 +1123 lookup @back
rule4 +1124 unreachable
rule4 +1284 lookup main suppress_prefixlength 1 suppress_ifgroup 77
rule4 +1285 lookup @front
rule4 +1286 unreachable
rule4 +1420 oif @back lookup @back
rule4 +1420 oif @front lookup @front
rule4 +1489 goto join
expect4 back 192.0.2.1 elsewhere dev @back via 10.0.2.1
expect4 back 10.0.2.254 attached dev @back
expect4 back 172.31.255.254 routed dev @back via 10.0.2.254
expect4 back 10.0.1.254 other-attached dev @back via 10.0.2.1
expect4 front 192.0.2.1 elsewhere dev @front via 10.0.1.1
expect4 front 10.0.1.254 attached dev @front
expect4 front 10.0.2.254 other-attached dev @front via 10.0.1.1
cover6 2001:db8:1::10/128
route6 2001:db8:1::/64 dev @front src 2001:db8:1::10 table @front
route6 fe80::/64 dev @front table @front
route6 default via fe80::1 dev @front src 2001:db8:1::10 table @front
route6 unreachable default table @front metric 4278198272
rule6 +0 not from 2001:db8:1::10/128 iif lo goto +1420
rule6 +10 from 2001:db8:1::10/128 goto +1284
rule6 +1010 goto +1420
rule6 +1284 lookup main suppress_prefixlength 3 suppress_ifgroup 77
rule6 +1285 lookup @front
rule6 +1286 unreachable
rule6 +1420 oif @front lookup @front
rule6 +1489 goto join
expect6 front 2001:db8:ffff:ffff::1 elsewhere dev @front via fe80::1
expect6 front 2001:db8:1:0:ffff:ffff:ffff:fffe attached dev @front
end'
BODY=17e2d8f7c56b1c5d
BACKSTOP='function should(key){if(want&&!(key in wanted)){wanted[key];order[++n]=key}}
function bare(prefix){
sub(f==6?"/128$":"/32$","",prefix)
return"from "prefix
}
function change(verb,key){if(key!~/lookup/)print"rule "verb" priority "key" protocol kernel"}
$1==f&&$2=="backstop"{
key=$0
sub(/^[^ ]+ backstop /,"",key)
sub(/ \[unresolved\]$/,"",key)
sub(/ 7$/," unreachable",key)
sub(/from all /,"",key)
if($3)have[key]++
else{
front=front key"\n"
if(sub(/.* goto /,"",key))past=key
}
}
$1=="rule"f&&($2=="+0"||$2=="+8")&&$3=="not"&&!skip{
skip=$0
sub(/^[^ ]+ [^ ]+ /,"",skip)
sub(/ goto .*/,"",skip)
sub(f==6?"/128( |$)":"/32( |$)"," ",skip)
sub(/ $/,"",skip)
should(join+3" nop")
should(join+1" "skip" goto "join+3)
}
$1=="cover"f&&want&&!known[$2]++{covers=covers"0 "bare($2)"&\n"}
($1=="address"||$1=="prefix")&&($3~/:/)==(f==6){should(join+2" "bare($3)" unreachable")}
END{
if(!past)past=1
moves=front!=""&&!((past" nop")in have)
if(moves)past=3-past
key=past" nop"
if(want>1)n=0
if(covers!=""){
if(want>1?moves:front=="")should(key)
wanted[key]
}
for(i=1;i<=n;i++)if(!(order[i] in have))change("add",order[i])
if(want>1)exit
iif=(past>1?" fwmark 0x2/0":"")(skip~/ iif lo/?" iif lo":"")
way=shut=covers
gsub(/&/,iif" goto "past,way)
gsub(/&/,iif" unreachable",shut)
if(front!=way shut){
n=split(way shut,order,"\n")
for(i=1;moves&&i<n;i++)change("add",order[i])
for(i=split(front,list,"\n");--i>0;)change("del",list[i])
for(i=1;!moves&&i<n;i++)change("add",order[i])
}
for(key in have)for(i=key in wanted?1:0;i<have[key];i++)change("del",key)
}'
SAME='function line_of(file,text){return (getline text<file)>0?text:""}
BEGIN{while(was!=""&&(ahead=line_of(old))!=""&&!sub(/^PLAN=./,"",ahead))continue}
/^=/{part=""}
part=="plan"&&ahead!=""{ahead=ahead==($1=="end"?"end\047":$0)?line_of(old):""}
part=="kept"{kept[++keeps]=$0;next}
function settled(i,text){
if(code||index(ahead,"BODY="body)!=1||line_of(was)!=id"")return 0
for(i=1;i<=outs;i++)if(line_of(was)!=out[i])return 0
if(partial)return 1
if(keeps&&line_of(was)!="=kept")return 0
for(i=1;i<=keeps;i++)while((getline text<kept[i])>0)if(line_of(was)!=text)return 0
return line_of(was)==""
}'
TIDY='function del(p){print"rule del priority "p" protocol "protocol}
function add(p,action){print"rule add priority "p" "action" protocol "protocol}
BEGIN{start=keep?band1:band0}
$1!=f||$2=="backstop"{next}
$2=="route"{
if(($3-table)% 2!=keep)stale[$3]
next
}
{target=$6=="goto"?$7:0}
$3==canary{canaries++;next}
$3==pending{
pendings++
parked=target==join
next
}
$3==active{
actives++
if(target==start)right++
next
}
$3==join{joins++;next}
($3>=band1)!=keep{band[++n]=$3}
END{
while(canaries-->0)del(canary)
if(!joins&&(keep!="-"||actives+n)){
add(join,"nop")
joins=1
}
if(keep!="-"){
if(actives!=1||!right){
while(actives-->0)del(active)
add(active,"goto "start)
}
while(pendings-->0)del(pending)
}else{
if(!parked&&actives+n){
while(pendings-->0)del(pending)
add(pending,"goto "join)
pendings=1
}
while(actives-->0)del(active)
}
while(n>0)del(band[n--])
if(keep=="-"){
while(pendings-->0)del(pending)
while(joins-->0)del(join)
}
for(t in stale)print"route flush table "t" proto "protocol
print"#"
}'
CHECK='function clean(text){
gsub(/[^-A-Za-z0-9_.:@ ]/,"?",text)
return text
}
function hop(dev,via){return dev==""?"unreachable":"dev "dev (via==""?"":" via "via)}
BEGIN{if(mode=="ask"&&gate)print"rule show priority "gate}
/^=/{part=substr($0,2);next}
part=="plan"&&/^([46]|r[a-z]+[46]|keep) /{next}
part=="flows"{
split($0,field,"\t")
row[++rows]=field[2] SUBSEP field[1]
kind[rows]=field[3]
want[rows]=field[4]
answer[rows]=field[5]
next
}
part!="plan"&&/^[0-9]+: lo:/{
free=!free
next
}
part=="answers"&&$1==gate":"{
open+=index($0," goto "(generation?band1:band0)" ")&&!/unresolved/
next
}
part!="plan"{
first=$1~/^[a-z]+$/?2:1
source=via=dev=chosen=""
for(i=first+1;i<NF;i++){
if($i=="from"&&source=="")source=$(i+1)
if($i=="via"&&via=="")via=$(i+1)
if($i=="dev"&&dev=="")dev=$(i+1)
if($i=="src"&&chosen=="")chosen=$(i+1)
}
if(part=="reach")reach[$first]=$1=="local"?"":dev
else if($1!~/^(unreachable|blackhole|prohibit|throw)$/){
if(free){
choice[$first]=chosen
exit_of[$first]="dev "clean(dev)
next
}
if(source==""||source=="::")source="by "dev
got[$first,source]=$1=="local"?"local":hop(clean(dev),clean(via))
}
next
}
$1=="device"{device[$2]=$3}
$1=="undo"{sub(/\/.*/,"",$4);gone[$4]}
$1=="absent"{absent[$2,$3==6]}
$1=="address"||$1=="prefix"{
if(only&&!index(only," "$3" "))next
six=$3~/:/
sub(/\/.*/,"",$3)
how[$3]=""
if($1=="prefix"&&!six){
if(!($3 in reach))next
if(reach[$3]!=""){
path="/proc/sys/net/ipv4/conf/"reach[$3]"/forwarding"
forwarding=0
getline forwarding<path
close(path)
if(forwarding!=1)next
how[$3]=" iif "reach[$3]
}
}
source_of[$2,six,++sources[$2,six]]=$3
if($1=="address")owner[$3]=$2
}
$1~/^flow/{steered[$1=="flow6"]}
$1~/^expect/&&!($3 in gone)&&(mode=="judge"||f=="o"||$1=="expect"f){
six=$1=="expect6"
if(!(($2,six)in absent)&&(substr($6,2),six)in absent)next
line[++lines]=$0
if($4=="elsewhere"&&$8)gateway[$2,six]
}
function expect(i,s,dev,wanted,own,first){
six=$1=="expect6"
dev=($2,six)in absent?"":$5=="dev"?device[substr($6,2)]:""
own=dev!=""&&!index(dark," "dev" ")
wanted=hop(dev,$8)(dev==""||own?"":" or unreachable")
own=own&&$6=="@"$2
first=!classes[$2,six]++
for(i=1;i<=sources[$2,six]&&(i==1||first||form!="brief");i++){
s=source_of[$2,six,i]
ask($3,s,how[s],$4,wanted)
if(own&&!tag&&(s in owner)&&(i==1||first))ask(s,$3," iif "dev,$4", in by "dev,"local")
}
if(vrf||(six in steered))return
if(own&&(($2,six)in gateway)&&(source_of[$2,six,1] in owner))ask($3,"by "dev," oif "dev,$4", bound to "dev,wanted)
if(tag)return
way[$3,$2]=dev
if($3 in sort)return
sort[$3]=$4
unbound[++n]=$3
}
function ask(to,from,as,class,wanted){
if(mode=="ask")print"route get "to (from~/^by /?"":" from "from)as (tag?" mark "tag:"")(vrf?" vrf "vrf:"")
else{
row[++rows]=to SUBSEP from
kind[rows]=class
want[rows]=wanted
}
}
function ask_unbound(i,to,by){
if(mode=="ask"&&n)print"link show dev lo"
for(i=1;i<=n;i++){
to=unbound[i]
by=owner[choice[to]]
if(mode=="ask")print"route get "to
else if(by&&way[to,by]!=""){
row[++rows]=to SUBSEP"unbound"
kind[rows]=sort[to]", by "choice[to]
want[rows]="dev "way[to,by] (way[to,by]==device[by]?"":" or dev "device[by])
answer[rows]=exit_of[to]
}
}
if(mode=="ask"&&n)print"link show dev lo"
}
END{
for(l=1;l<=lines;l++){
$0=line[l]
expect()
}
ask_unbound()
if(mode=="ask")exit
if(gate&&open!=gates){
print"the rules are not as they were made"
exit 1
}
for(r=1;r<=rows;r++){
have=r in answer?answer[r]:row[r] in got?got[row[r]]:"unreachable"
if(index(" or "want[r]" or "," or "have" or "))continue
split(row[r],pair,SUBSEP)
if(pair[2]~/^(by |unbound$)/)pair[2]="none"
if(form=="json")text="{\"from\":\""pair[2]"\",\"to\":\""pair[1]"\",\"class\":\""kind[r]"\",\"want\":\""want[r] \
"\",\"got\":\""have"\"}"
else text="from "pair[2]" to "pair[1]" ("kind[r]"): wanted "want[r]", got "have
wrong=wrong (failed++&&form=="json"?",\n":"\n")text
}
if(form=="json")print"{\"ok\":"(failed?"false":"true")",\"checked\":"rows+0",\n\"generation\":"generation \
",\n\"digest\":"digest",\n\"failed\":["wrong"]}"
else if(failed)print substr(wrong,2)
else if(form=="text")print rows" flows are as planned"
exit failed>0
}'
AMEND='function no(){bad=1}
function count(text,by,word){
if(text~/^([46]|rule[46]) /){
differs[text]+=text~/^r/?by:-by
return
}
if(text~/^address /&&split(text,word," "))sources[word[3]]+=by
if(text~/^(prefix|expect[46]|flow[46]) /)others[text]+=by
if(text~/^todo address /)touched[text~/:/?6:4]
if(text~/^(facts|device) /)by=-by
else if(text~/^(todo|undo) /&&text!~/^[a-z]+ address /||text~/^(absent|nft|world) /)no()
else if(text!~/^(numbers|model|virtual|interface|connection|table|sysctl|route[46]|identity|frr) /)return
differs[text]+=by
}
function bare(source,f){
sub(f==4?"/32$":"/128$","",source)
return source
}
function alike(f,i,several,hosts){
hosts=1
for(i=1;i<=n[f];i++){
if(source[f,i]~/\//)hosts=0
if(target[f,i]!=target[f,1])several=1
if(source[f,i] in seen_to&&seen_to[source[f,i]]!=target[f,i]||target[f,i]<=last[f])no()
seen_to[source[f,i]]=target[f,i]
}
if(several&&!hosts)no()
}
BEGIN{
if(mode=="plan"){
if((getline line<was)<1||line!=id"")no()
while((getline line<was)>0)if(line~/^(facts|device|[46]) /)differs[line]++
while((getline line<old)>0&&!sub(/^PLAN=./,"",line))continue
do count(line,-1)
while((getline line<old)>0&&line!~/^end/)
}
start=generation?band1:band0
}
mode=="plan"{count($0,1)}
mode!="plan"&&$1==f&&($2=="rule"?$3 in ours:$2~/^(add|del)$/){
ours[$3]
text=$3" "$4" "$5" "$6" "$7
if($2=="rule")there[text]
else if(($2=="add")==(mode=="redo"))wanted[text]
else unwanted[text]
}
END{
if(mode!="plan"){
for(text in wanted)if(!(text in there))print"rule add priority "text" protocol "protocol
for(text in unwanted)if(text in there)print"rule del priority "text" protocol "protocol
print"#"
exit
}
if(bad)exit 1
for(text in differs)if(differs[text]){
k=split(text,word," ")
if(k!=6||word[1]!~/^rule/||word[2] word[6]!~/^\+[0-9]+\+[0-9]+$/||word[3]!="from"||word[5]!="goto"||
differs[text]*differs[text]!=1)exit 1
f=substr(word[1],5)
i=++n[f]
source[f,i]=bare(word[4],f)
target[f,i]=word[6]+0
if(word[2]+0>last[f])last[f]=word[2]+0
line=f (differs[text]>0?" add ":" del ")start+word[2]" from "source[f,i]" goto "start+word[6]
if(differs[text]>0)first=first line"\n"
else second=second line"\n"
}
for(f in n)alike(f)
if(bad)exit 1
printf"%s%s",first,second
for(f in touched)print f" todo"
for(text in sources)if(sources[text]>0)print"source "text
for(text in others)if(others[text])all="all\n"
print all"end"
}'
STAGE='function filled(i,word,text){
for(i=2;i<=NF;i++){
word=$i
if(word~/^@/){
word=substr(word,2)
word=$(i-1)~/^(dev|[io]if)$/?dev[word]:table+2*slot[word]+generation
}else if(word~/^\+/)word=start+word
else if(word=="join")word=join
text=text" "word
}
return text
}
function lacks(i,lost,hops){
for(i=2;i<=NF;i++)if($(i-1)~/^(dev|[io]if)$/&&substr($i,2)in absent)lost[substr($i,2)]
for(i in lost)while(sub(" nexthop via [^ ]+ dev @"i"( onlink)? weight [0-9]+",""))hops=1
for(i in lost)return !hops||!/ nexthop /
return 0
}
BEGIN{start=generation?band1:band0}
$1=="device"{dev[$2]=$3}
$1=="absent"&&$3==f{absent[$2]}
$1=="interface"||$1=="table"{slot[$2]=$4}
$1=="todo"&&f==4&&$2=="group"{print"link set dev "$3" group "group}
$1=="todo"&&f==4&&$2=="down"{print"link set dev "$3" up"}
$1=="todo"&&$2=="address"&&($4~/:/)==(f==6){
print"addr add "$4" dev "$3" noprefixroute"(f==6?" nodad "$5" "$6:"")
}
$1=="route"f&&!lacks(){
text=filled()
if(!sub(/ nexthop /," proto "protocol"&",text))text=text" proto "protocol
print"route add"text
}
$1=="rule"f{
if(!rules++&&keep=="-"){
print"rule add priority "join" nop protocol "protocol
print"rule add priority "active" goto "join" protocol "protocol
}
if(!lacks())print"rule add priority"filled()" protocol "protocol
}
END{if(rules)print"rule add priority "canary" fwmark "mark"/"mark" goto "start" protocol "protocol}'
SURVEY='function refuse(text){
if(!names)return
notes=notes"! "text"\n"
code=1
}
function await(text){
notes=notes"? "text"\n"
if(!code)code=3
}
function clean(text){
gsub(/\t/," ",text)
gsub(/[^-A-Za-z0-9_.:@\/ ]/,"?",text)
return text
}
function tell(text){out[++outs]=text}
function lacks(what,f,i,n){
n=due[what f,""]
for(i=1;i<=names;i++)if(!((name[i],f)in lost))n+=due[what f,name[i]]
return there[what f,committed]<n
}
function damaged(){
print"! the plan is damaged, line "NR-1": "clean($0)
code=5
exit
}
function after(word,i){
for(i=2;i<NF;i++){
if($i==word)return $(i+1)
if($i~/^([io]if|dev|via)$/)i++
}
}
function foreign(what,window,number){
o=after("proto")+0
refuse("the "what" \""clean($0)"\" is not ours but lies in our "window". It is of protocol "o \
(o in owner?", "owner[o]:"")". Move it, or set numbers."number" to a free range")
}
function generation_of(p){return p==band0?0:p==band1?1:p==join?"j":"?"}
function is_generation(g){return g=="0"||g=="1"}
function sysctl(path,value){
path="/proc/sys/"path
if((getline value<path)<1)value="absent"
close(path)
return value
}
BEGIN{
dev["/"]="lo"
mine=" proto "protocol"( |$)"
split("0 by hand or by a script,3 by hand or by a script,4 static or systemd-networkd,11 FRR,12 BIRD,16 DHCP,18 keepalived,186 BGP"\
",188 OSPF",list,",")
for(i in list)owner[list[i]+0]=substr(list[i],index(list[i]," ")+1)
}
/^=/{asked[part=substr($0,2)];next}
part=="plan"{
if(!($1 in kind)&&$1!~/^(plan|numbers|model|unmanaged|persistence|virtual|interface|connection|table|address|prefix|sysctl|(cover|route|rule|expect|flow)[46]|world|identity|frr|end)$/||
/[^-A-Za-z0-9@+=.:\/_ ]/||$1=="plan"&&$2!=1)damaged()
kind[$1]
if($1=="world"){
if($3=="kind"&&NF>4)vrf[$5]
next
}
owns=""
if(/ @/)for(i=2;i<=NF;i++)if($i~/^@/){
n=substr($i,2)
if(!(n in slot))damaged()
if($(i-1)~/^(dev|[io]if)$/)owns=n
}
if(!/ nexthop /)due[$1,owns]++
if($1=="rule4"||$1=="rule6")want[substr($1,5)]=1
else if($1=="interface"){
name[++names]=$2
slot[$2]=$4
used[$4]
for(i=5;i<NF;i+=2)by[$2,$i]=$(i+1)
}else if($1=="table"){
slot[$2]=$4
used[$4]
}else if($1=="model"){
strong=$2=="strong"
if(strong)filters=1
}else if($1=="connection")filters=1
else if($1=="virtual")virtual[$2]
else if($1=="prefix")delegated[$3~/:/]
else if($1=="address"){
address[++addresses]=$3
of[$3]=$2
}else if($1=="sysctl"){
at[++keys]=$2
key[keys]=$3
least[keys]=$4
}
next
}
part=="nft"{
if($1=="chain"&&$2=="protocol-"protocol)own_filter=1
filter=more[++mores]="nft "$0
next
}
part=="more"{
more[++mores]=$0
if($3=="comes")grouped[$5]
next
}
/ table 255 proto 2 /{next}
/^[0-9]+:\t/{
delete asked[part]
p=$1+0
text=substr($0,index($0,"\t")+1)
if((p<3||p>join&&p<=join+3)&&after("proto")==""&&(p>join||p&&/from all nop$/||
!p&&(/ goto [12]( |$)| 7$/||(part in front)&&/ lookup 255$/))){
line[++lines]=part" backstop "p" "text
front[part]
next
}
if(p<priority||p>=priority+window)next
if($0!~mine){
foreign("rule","priorities "priority" to "priority+window-1,"priorityBase")
next
}
if(p==pending&&!(part in pend))pend[part]=generation_of(after("goto"))
if(p==active&&!(part in act))act[part]=generation_of(after("goto"))
has[part,generation_of(p)]
if(p>=band0&&p<join)there["rule"part,p>=band1]++
line[++lines]=part" rule "p" "text
next
}
$3=="inet"||$3=="inet6"{
whole[$2,$4]
if(/ dynamic /)leased[$2,$4]
a=$4
sub(/\/.*/,"",a)
if($2=="lo")on_loopback[a]
on[$2,a]=part==4||!/ tentative /?"":/ dadfailed /?"failed":"tentative"
holder[a]=$2
next
}
part==4&&$2~/:$/{
split(substr($2,1,length($2)-1),pair,"@")
d=pair[1]
devices[d]++
lower[d]=pair[2]
master[d]=after("master")
in_group[d]=after("group")
up[d]=($3~/[<,]UP[,>]/)
for(i=4;i<NF;i++)if($i~/^link\//)mac[d]=$(i+1)
same[mac[d]]++
next
}
part==4||part==6{
t=after("table")-table
if(t<0||t>=tables||t+table in vrf)next
if($0!~mine){
if (int(t / 2) in used) foreign("route", "tables from " table, "tableBase")
next
}
while(sub(/ (linkdown|dead)( |$)/," "))continue
there["route"part,t % 2]++
line[++lines]=part" route "t+table" "$0
}
function lose(n,f){
if(!f){
lose(n,4)
f=6
}
if(!((n,f)in lost))tell("absent "n" "f)
lost[n,f]
}
function remember(live){
while((getline<records)>0){
if($1=="boot")live=$2==boot
else if(live)record[++entries]=$0
sub(/\/.*/,"",$3)
added[$2,$3]
}
}
function resolve(n,c,d,text,all,found){
split("",fits)
for(d in devices){
if((n,"mac")in by&&mac[d]!=by[n,"mac"])continue
if((n,"ifname")in by&&d!=by[n,"ifname"])continue
if((n,"address")in by&&!((d,by[n,"address"])in on))continue
fits[d]
all=all" "d
}
for(d in fits)if(!(lower[d] in fits)&&!(master[d] in fits)){
found=d
c+=devices[d]
}
text="interface "n
if(all==""&&partial)lose(n)
else if(all=="")await(text": no device has"((n,"mac")in by?" mac "by[n,"mac"]:"")\
((n,"ifname")in by?" ifname "by[n,"ifname"]:"")((n,"address")in by?" address "by[n,"address"]:""))
else if(c!=1)refuse(text": several devices match:"clean(all))
else if(found!~/^[A-Za-z0-9][-A-Za-z0-9_.]*$/||length(found)>15)refuse(text": its device has the unsafe name "clean(found))
else if(found in taken)refuse(text": its device "found" is that of interface "taken[found]" too")
else{
taken[found]=n
dev[n]=found
tell("device "n" "found (same[mac[found]]==1&&mac[found]~/^[0-9a-f:]+$/?" "mac[found]:""))
if(in_group[found]!=group)tell("todo group "found" "in_group[found])
if(!up[found]){
if(partial&&!((found,"")in added))lose(n)
else tell("todo down "found)
}
}
}
function needs_address(a,d,six,text){
d=dev[of[a]]
six=a~/:/
text="address "a" of interface "of[a]
if(d=="")return
if((d,a)in on){
if(on[d,a]=="tentative"){
if(partial)lose(of[a],six?6:4)
else await(text" is still being checked for duplicates")
}
if(on[d,a]=="failed")refuse(text" is in use by another host")
}else if(a in holder)refuse(text" is on device "clean(holder[a])" and not on "d)
else if(partial&&!((d,a)in added))lose(of[a],six?6:4)
else tell("todo address "d" "a (six?"/128":"/32")(six&&(d in primary)?" preferred_lft 0":""))
if(six)primary[d]
}
function needs_sysctl(i,path,value){
if(dev[at[i]]=="")return
path="net/"key[i]
sub(/@/,dev[at[i]],path)
value=sysctl(path)
wanted[path]
if(value=="absent")refuse("the kernel has no /proc/sys/"path)
else if(value+0<least[i])tell("todo sysctl "path" "value" "least[i])
}
function needs_filter(a){
if(filters&&filter&&!own_filter)
refuse("the table inet multihome of nftables is not ours. Rename it")
if(filters)tell((filter?"keep":"todo")" nft multihome")
else if(own_filter&&(filtered||sweep))tell("undo nft multihome")
if(strong&&fresh)for(a in on_loopback)
if(a!~/^127\./&&a!="::1"&&!(a in virtual)&&!(a in of)&&!((a~/:/)in delegated))
refuse("address "clean(a)" is on lo and on no interface, so the strong host model would discard what is sent to it."\
" Add it to policy.virtualAddresses, or take it away")
}
function recorded(what,d,old,new,a){
if(what=="nft"){
filtered=1
return
}
a=old
sub(/\/.*/,"",a)
if(what=="group")grouped[d]
if(what=="sysctl"?d in wanted:what=="address"?(a in of)&&dev[of[a]]==d&&!((d,old)in leased):d in taken)tell("keep "$0)
else if(what=="sysctl"?sysctl(d)==new:what=="address"?(d,old)in whole&&!((d,old)in leased):what=="group"?in_group[d]==group:up[d])
tell("undo "$0)
}
END{
if(code==5)exit code
if(part!="whole"||(4 in asked)||(6 in asked))exit 4
for(f=4;f<=6;f+=2){
p=pend[f]
a=act[f]
keep=p=="j"?"-":is_generation(p)&&p==committed?p:is_generation(a)?a:\
a==""&&(f,committed)in has?committed:"-"
facts=facts" "(is_generation(p)?p:p!="j"&&is_generation(a)?a:"-")" "keep" "(want[f]?1:"-")
}
tell("facts"facts)
remember()
for(i=1;i<=names;i++)resolve(name[i])
for(i=1;i<=addresses;i++)needs_address(address[i])
for(i=1;i<=keys;i++)needs_sysctl(i)
for(i=1;i<=entries;i++){
$0=record[i]
recorded($1,$2,$3,$4)
}
needs_filter()
for(d in taken)if(in_group[d]==group&&!(d in grouped))tell("todo group "d" 0")
for(d in devices)if(in_group[d]==group&&!(d in taken)&&!(d in grouped))
refuse("device "clean(d)" is in interface group "group", which is ours. Move it, or set numbers.group to a free number")
for(i=1;i<=outs;i++)if(out[i]~/^todo /)short=1
for(f=4;f<=6;f+=2)if(lacks("rule",f)||lacks("route",f)||
want[f]&&(act[f]!=committed||!((f,"j")in has)))short=1
if(short)tell("short")
for(i=1;i<=lines;i++)tell(line[i])
for(i=1;i<=mores;i++)tell(more[i])
if(settled()){
print out[1]" settled"
exit
}
for(i=1;i<=outs;i++)print out[i]
printf"%s",notes
exit code
}'
MANAGERS='function known(pattern,name,remedy){
if(!who&&$0~pattern){
who=" of "name
cure=remedy
}
}
/^[0-9]+:\t/&&$1+0>0&&$1+0<join&&/ lookup /&&$0!~(" proto "protocol"( |$)")&&!/ lookup 25[35]( |$)/{
who=cure=""
known(" lookup 52( |$)","Tailscale","stop using an exit node, or tell it not to accept routes")
known("fwmark 0xca6c lookup|lookup 51820","wg-quick","set \"Table = off\" in its file, and route what the tunnel is for")
known("fwmark 0x80/0x80|^(512|1024|1536):","the Amazon VPC CNI","tag the interfaces of the plan node.k8s.amazonaws.com/no_manage")
known(" lookup 10[0-9][0-9][0-9]( |$)","amazon-ec2-net-utils","mask policy-routes@ and refresh-policy-routes@ of the interface")
known(" lookup 30[2-4][0-9][0-9]( |$)","nm-cloud-setup or cloud-netconfig","disable its timer and service")
known("lookup [0-9]+ .*l3mdev|l3mdev","a VRF","leave its interfaces out of the plan")
known(" proto 4( |$)","systemd-networkd or netplan","give it a Priority of 10000 or more")
if(!cure)cure="give it a priority of 10000 or more, or none before the plan is applied"
text=$0
gsub(/\t/," ",text)
gsub(/[^-A-Za-z0-9_.:@\/ ]/,"?",text)
if(!(text in told)&&n++<3)print". The rule \""text"\""who" comes before ours: "cure
told[text]
}'
set -u
umask 077
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
unset IFS
nl='
'
STATE=${MULTIHOME_STATE_DIR:-/var/lib/multihome}
RUN=${MULTIHOME_RUN_DIR:-/run/multihome}
WAIT=${MULTIHOME_WAIT:-30}
reason='' probing='' restoring='' keeper='' halted='' staged='' parted='' emptied='' watching='' amending='' stale='' unit='' only='' gate='' flipped='' was='' whose=''
why='awk has failed'
say() { printf 'multihome: %s\n' "$1" >&2;}
misuse() {
say "$1"
exit 2
}
has() { command -v "$1" >/dev/null;}
fail() {
reason=$1
exit 1
}
unwritable() { fail "cannot write to $RUN";}
environment() {
case $STATE in /*);;*) misuse 'MULTIHOME_STATE_DIR must be an absolute path';;esac
case $RUN in /*);;*) misuse 'MULTIHOME_RUN_DIR must be an absolute path';;esac
case $WAIT in ''|*[!0-9]*|??????*) misuse 'MULTIHOME_WAIT must be a number of seconds, 0 to 99999';;esac
records=$STATE/restore
boot=unknown
read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id
numbered
}
numbered() {
numbers=${PLAN#*"${nl}numbers "}
numbers=${numbers%%"$nl"*}
case $numbers in *[!a-z0-9=\ ]*|*' '[!a-z]*) misuse 'the plan is damaged: it has no numbers';;esac
assign
}
assign() {
assigned=
for v in $numbers;do assigned="$assigned -v $v";done
}
clock() {
read -r now v </proc/uptime
now=${now%%.*}
}
nap() { sleep "$1" 2>/dev/null||sleep 1;}
number() {
v=${numbers#*"$1="}
v=${v%% *}
}
announces() {
[ -n "${ANNOUNCE-}" ]&&case $PLAN in *"${nl}identity "*);;*) return 1;;esac
}
silenced() {
announces||[ ! -e "$STATE/frr/undo" ]||sh "$STATE/frr/undo" silence
}
calc() { awk $assigned "$@";}
of_seen() { printf '%s\n' "$seen"|calc "$@";}
of_both() { printf '%s\n' "$seen" "$PLAN"|calc "$@";}
needs() {
rights=$1
shift
for n in ip awk "$@";do
has "$n"||fail "$n is needed, and not found in $PATH"
done
cap=0
while read -r n v;do
[ "$n" != CapEff: ]||cap=$v
done </proc/self/status
[ "$rights" = read ]||[ $((0x$cap >> 12 & 1)) = 1 ]||fail 'CAP_NET_ADMIN is needed; run it as root'
}
digest() {
if has sha256sum;then v=$(sha256sum);else v=$(cksum);fi
printf '%s\n' "${v%% *}"
}
digested() { v=$(printf '%s\n' "$PLAN"|digest);}
put() {
{ [ -d "$STATE" ]||mkdir -p "$STATE";}&&printf '%s\n' "$2" >"$STATE/$1.new"&&
{ [ "$1" = observed ]||! has sync||sync ${3+"$3"} "$STATE/$1.new";}&&mv -f "$STATE/$1.new" "$STATE/$1"&&
[ ! -e "$STATE/$1.new" ]
}
load() {
committed=- band=- coming=0 committed_digest='' committed_numbers='' committed_id=''
[ -r "$STATE/committed" ]||return 0
while read -r n v;do
case $n in
generation) committed=$v band=$v;;
band) band=$v;;
digest) committed_digest=$v;;
numbers) committed_numbers=$v;;
id) committed_id=$v;;
esac
done <"$STATE/committed"
case $committed$band$committed_numbers in [01][01]protocol=*);;*) fail "$STATE/committed is damaged; delete it, and apply again";;esac
[ "$committed" = 1 ]||coming=1
}
batch() {
case $2 in ''|'#') return 0;;esac
v=$(printf '%s\n' "$2"|ip "-$1" -batch - 2>&1)&&return
why=${v:-ip has failed and said nothing}
n=${why##*Command failed -:}
case $n in
''|*[!0-9]*) n='';;
*) n=" (ip -$1 $(printf '%s\n' "$2" | sed -n "${n}p"))";;
esac
why=${why%%"$nl"*}$n
return 1
}
amendable() {
edits=
[ -z "$restoring" ]&&! filters&&! announces&&! apart&&! shut||return
case $live4$keep4$want4/$live6$keep6$want6 in
001/---|---/001|001/001) v=0;;
111/---|---/111|111/111) v=1;;
*) return 1;;
esac
edits=$(
of_both -v mode=plan -v generation=$v -v old="$STATE/program.$committed" -v was="$STATE/observed" -v id="$committed_id" "$AMEND"
)
case $edits in *end);;*) return 1;;esac
[ "$live4" = - ]&&new=$live6||new=$live4
amending=1
}
amend() {
for _ in 1 2 3 4 5;do
if [ -n "$seen" ];then
[ -n "$lines" ]||amendments "$1"
if [ "$1" = undo ];then
left "$lines" "$others"||return 0
else
case $lines/$others in
*'#/'*'#') batch 4 "$lines"&&batch 6 "$others"&&stale=1&&return;;
esac
fi
fi
lines=
survey
done
return 1
}
amendments() { lines=$(amendment "$1" 4) others=$(amendment "$1" 6);}
amendment() {
case $nl$edits in *"$nl$2 "*);;*) echo '#'&&return;;esac
[ "$1" = undo ]||printf '%s\n' "${seen%%"$nl"[46] *}"|calc -v f="$2" -v keep=0 "$STAGE"
printf '%s\n' "$edits" "$seen"|calc -v mode="$1" -v f="$2" "$AMEND"
}
affected() {
only=' '
while read -r n v;do
case $n in
source) only="$only$v ";;
all) only=;;
esac
done <<END
$edits
END
}
unamend() {
[ -e "$RUN/amend" ]&&[ "${booted:-$boot}" = "$boot" ]||return 0
edits=$(cat "$RUN/amend")
case $edits in *end);;*) return 1;;esac
seen='' lines=
amend undo
}
stage() {
lines=$(of_both -v f="$1" -v generation="$2" -v keep="$3" "$STAGE")||return
until batch "$1" "$lines";do
n=${why##*"(ip -$1 "}
n=${n%)}
case $why/$lines in
*'File exists'*' addr add '*/*"$n"*|*'lready assigned'*' addr add '*/*"$n"*) lines=${lines#*"$n"};;
*) return 1;;
esac
done
}
flip() {
case $2 in -) number join;;*) number "band$2";;esac
n=$v
number pending
n="rule add priority $v goto $n"
number protocol
batch "$1" "$n protocol $v"
}
foreseen() {
[ -z "$amending" ]||return 0
stale=1
[ "$want4" = - ]||seen=$seen$nl$(flipped 4 "$keep4")
[ "$want6" = - ]||seen=$seen$nl$(flipped 6 "$keep6")
}
flipped() {
number "band$new"
set -- "$1 rule" "$2" "$v"
number canary
printf '%s\n' "$1 $v from all goto $3"
number pending
printf '%s\n' "$1 $v from all goto $3"
[ "$2" = - ]||return 0
number join
n=$v
number active
printf '%s\n' "$1 $n from all nop" "$1 $v from all goto $n"
}
tidy() {
for _ in 1 2 3 4 5;do
[ -z "$seen" ]||left "$(of_seen -v f=4 -v keep="$1" "$TIDY")" \
"$(of_seen -v f=6 -v keep="$2" "$TIDY")"||return 0
survey
done
return 1
}
left() {
case $1/$2 in
'#/#') [ -n "$stale" ];;
*'#/'*'#')
batch 4 "$1"
batch 6 "$2"
true
;;
esac
}
filters() {
case ${PLAN%%"${nl}address "*} in *"${nl}model strong$nl"*|*"${nl}connection "*);;*) return 1;;esac
}
filter_tool() {
filters||{ [ -z "$restoring" ]&&[ -e "$STATE/nft" ];}||return 0
has nft||
fail "nft (nftables) is needed for the strong host model and for tracked connections, and not found in $PATH"
}
filter_dump() {
filter_now=
if [ -e "$STATE/nft" ]||[ -n "${sweep-}" ]||filters;then
filter_now=$(nft -s list table inet multihome 2>/dev/null)
fi
}
fresh() {
fresh=
case ${PLAN%%"${nl}address "*} in
*"${nl}model strong$nl"*)
digested
[ "$v" = "$committed_digest" ]||fresh=1
;;
esac
}
nft_run() {
v=$1
shift
v=$(printf '%s\n' "$v"|nft "$@" -f - 2>&1)&&return
v=${v%%"$nl"*}
why="nft: ${v:-has failed and said nothing}"
return 1
}
filter_check() {
v=$(of_both "$NFT")&&nft_run "$v" -c
}
filter_load() {
filters||return 0
[ -e "$STATE/nft" ]||put nft ''||return
v=$(of_both "$NFT")&&n=${v##*#}&&nft_run "$v"||return
filter_dump
why='the table inet multihome of nftables is not as it was loaded'
[ "$(printf '%s\n' "$filter_now" | grep -c .)" -ge "$n" ]&&put nft "$filter_now"
}
filter_back() {
[ -n "${NFT-}" ]&&[ -r "$STATE/program.$committed" ]||return 0
own=$PLAN
adopt "$STATE/program.$committed"
survey
filter_load||say "the table inet multihome of nftables could not be put back: $why"
PLAN=$own
}
filter_undo() {
case $seen in *"${nl}undo nft "*) nft_run 'delete table inet multihome'&&rm -f "$STATE/nft";;esac
}
filter_stands() {
filters||return 0
v=
[ ! -r "$STATE/nft" ]||v=$(cat "$STATE/nft")
[ -n "$v" ]&&[ "$v" = "$filter_now" ]
}
records() {
[ -z "${2-}" ]||: >"$2/before"||return
notes=$(printf '%s\n' "${seen%%"$nl"[46] *}"|awk -v words="$1" -v boot="$boot" -v old="$STATE/restore" -v to="${2-}" '
function note(text){
if((getline line<old)<1||line!=text)differs=1
out[++outs]=text
if(to!=""&&word~/^(|todo)$/)print text>(to"/undo")
}
BEGIN{
while(to!=""&&(getline line<old)>0)print line>(to"/before")
close(old)
note("boot "boot)
}
$1==""||!index(words,$1){next}
{thing=$2" "$3 ($2=="address"?$4:"")}
!(thing in done){
done[thing]
word=$1
note(substr($0,length(word)+2))
}
END{
if((getline line<old)<1&&!differs)print"same"
else for(i=1;i<=outs;i++)print out[i]
}')||return
case $notes in same|boot*);;*) return 1;;esac
}
noted() { [ "$notes" = same ]||put restore "$notes";}
tune() {
case $seen in *"$nl$1 sysctl "*);;*) return 0;;esac
v=$(of_seen -v word="$1" '
$1==word&&$2=="sysctl"{print $3" "(word=="todo"?$5:$4)}')||return
[ -n "$v" ]&&printf '%s\n' "$v"|while read -r n v;do
printf '%s\n' "$v" >"/proc/sys/$n"||exit 1
done
}
undo() {
for _ in 1 2 3 4 5;do
case $seen in
'');;
*"${nl}undo "*)
filter_undo
tune undo||why='cannot write sysctls'
for f in 6 4;do
v=$(of_seen -v f=$f '
$1!="undo"{next}
$2=="address"&&($4~/:/)==(f==6){print"addr del "$4" dev "$3}
f==4&&$2=="group"{later=later"link set dev "$3" group "$4"\n"}
f==4&&$2=="down"{later=later"link set dev "$3" down\n"}
END{printf"%s",later}')&&batch $f "$v"
done
;;
*) return 0;;
esac
survey
done
return 1
}
backstop() {
case $1$seen in 1*|*' backstop '*);;*) return 0;;esac
for f in 4 6;do
v=$(of_both -v f=$f -v want="$1" "$BACKSTOP")||return
[ -z "$v" ]||stale=1
batch $f "$v"||return
done
}
shut() { case $seen in *' goto '[12]' [unresolved]'*);;*) return 1;;esac;}
backstopped() {
if [ -n "$restoring" ]||[ "$keeper" = systemd ];then backstop 1;else backstop 0;fi||
say "the plan is in force, but nothing holds back its sources when it is taken away: $why"
}
close() { hold 1;}
open() {
case ${SERVICE_RESULT-}${EXIT_STATUS-} in success*|*75);;*) hold 0;;esac
}
hold() {
needs write
load
[ "$1$committed" != 1- ]||return 0
survey
{ [ -n "$seen" ]&&backstop "$1";}||fail "$why"
}
restore() {
restoring=1 WAIT=0
apply
}
absences() { printf '%s\n' "$seen"|sed -n '/^absent /p;/^world [^ ]* lacks /p';}
spared() {
case ${seen-} in *"${nl}short"*) return 1;;*"${nl}absent "*);;*) return 1;;esac
v=$(printf '%s\n' "$seen"|sed -n '/^world /p')
[ -z "$v" ]||[ "$v" = "$(sed -n '/^world /p' "$STATE/observed" 2>/dev/null)" ]||return 1
{ [ "$want4" = - ]||[ "$live4" = "$band" ];}&&{ [ "$want6" = - ]||[ "$live6" = "$band" ];}&&
filter_stands&&check brief '' >/dev/null
}
boot() {
n=0
until addressed||[ $n = 50 ];do
n=$((n + 1))
sleep 0.2
done
/bin/sh "$STATE/run" restore&&return
EXIT_STATUS=$?
open
exit $EXIT_STATUS
}
addressed() {
v=$(ip -o addr)
for f in $(printf '%s\n' "$PLAN"|awk '$1=="address"&&!(($2,$3~/:/)in seen){seen[$2,$3~/:/];print $3}');do
case $v in *" $f/"*);;*) return 1;;esac
done
}
check() {
form=$1 tag=$2
shift 2
dark='' reach='' gates=0 families=
for f in 4 6;do
case $PLAN in *"${nl}expect$f "*) families="$families $f" gates=$((gates + 1));;esac
done
[ -n "$gate" ]||[ -z "$families" ]||families=o
case $PLAN in *ignore_routes_with_linkdown*) darkness;;esac
case $PLAN in
*"${nl}prefix "*)
reach=$(
printf '%s\n' "$PLAN"|
awk '$1=="prefix"&&$3!~/:/{sub(/\/.*/,"",$3);print"route get "$3}'|
ip -4 -o -force -batch - 2>/dev/null
)
;;
esac
set -- -v form="$form" -v tag="$tag" -v dark="$dark" -v vrf="${vrf-}" -v only="$only" -v gate="$gate" "$@"
{
printf '%s\n' =reach "$reach" =plan "$seen" "$PLAN" =answers
for f in $families;do
printf '%s\n' =reach "$reach" =plan "$seen" "$PLAN"|
calc -v mode=ask -v f="$f" "$@" "$CHECK"|
ip "-$f" -o -force -batch - 2>/dev/null
done
printf '%s\n' =flows
for f in 4 6;do
case $PLAN in *"${nl}flow$f "*) flows $f "$tag";;esac
done
! announces||identity_rows "$tag"
}|calc -v mode=judge -v gates=$gates -v generation="${new-}" "$@" "$CHECK"
}
dump() {
n='link show'
for f in 4 6;do
[ -d /proc/sys/net/ipv$f ]||continue
echo "=$f"
ip -$f -N -o -batch - 2>/dev/null <<END||return
rule show
route show table all
addr show
$n
END
n=''
done
echo '=whole'
}
survey() {
seen='' stale=
filter_dump
fresh
seen=$(
{
printf '%s\n' =plan "$PLAN" ${filter_now:+=nft "$filter_now"} =more
! announces||frr_look
world_facts
[ -z "$was" ]||{ echo '=kept'&&kept_now;}
dump
}|calc -v committed="$band" -v boot="$boot" -v records="$records" -v fresh="$fresh" -v sweep="${sweep-}" \
-v partial="$restoring" -v was="$was" -v id="$committed_id" -v old="$STATE/program.$committed" -v body="$whose" "$SAME$nl$SURVEY"
)
code=$?
case $code/$seen in
[0135]/?*) return $code;;
4/) why='ip cannot show rules and routes: iproute2 6.1 or newer does, and a kernel with policy routing is needed';;
*) why='awk has failed';;
esac
seen=
return 4
}
look() {
survey
code=$?
[ $code != 5 ]||misuse "${seen#*! }"
[ $code != 4 ]||fail "$why"
set -- ${seen%%"$nl"*}
live4=$2 keep4=$3 want4=$4 live6=$5 keep6=$6 want6=$7 settled=${8-}
}
found() {
clock
until=$((now + WAIT))
while look; [ $code != 0 ];do
clock
if [ "$code" != 3 ]||[ "$now" -ge $until ];then fail "$(complaint)";fi
sleep 1
done
[ "$want6" = - ]||[ -d /proc/sys/net/ipv6 ]||fail 'the plan has IPv6, and this kernel does not'
}
complaint() {
of_seen -v wait="$WAIT" '
sub(/^! /,""){refused=refused"; "$0}
sub(/^[?] /,""){missing=missing"; "$0" (waited "wait" s)"}
END{print substr(refused==""?missing:refused,3)}'
}
probing=1
paths() {
operator
routed=$(routes)
reached=$(reach "$(gateways)")
sent=
! connection||sent=$transmitted
}
still() {
kept "$routed" "$(routes)"||{
why="the kernel would no longer answer $client, where this session comes from, by $owner"
return 1
}
[ -z "$sent" ]||say 'the new rules are in force; now they must carry this session'
clock
began=$now
until
why='a gateway that answered before answers no longer'
kept "$reached" "$(reach "$reached")"&&acknowledged
do
clock
[ "$now" -lt $((began + 5)) ]||return 1
nap 0.1
done
}
kept() {
[ -z "$1" ]||printf '%s\n' "$1"|while read -r n;do
case "$nl$2$nl" in *"$nl$n$nl"*);;*) exit 1;;esac
done
}
operator() {
client='' owner='' parent=$$
v=${SSH_CONNECTION-}
if [ -z "$v" ];then
set --
while [ "$parent" -gt 1 ]&&started "$parent";do set -- "$@" "/proc/$parent/environ";done
v=$(cat "$@" 2>/dev/null|tr '\0' '\n'|awk '!n&&sub(/^SSH_CONNECTION=/,""){print;n=1}')
fi
case $v in *[!0-9a-f.:\ ]*) return;;esac
set -- $v
[ $# = 4 ]||return 0
client=$1 port=$2 server=$3 listens=$4
owner=$(ip -o addr show to "$server" 2>/dev/null|awk -v s="$server" '
$3~/^inet/&&$2~/^[-A-Za-z0-9_.]+$/{split($4,part,"/");if(part[1]==s)print $2}'|sed 1q)
case $client in *:*) called=6;;*) called=4;;esac
}
routes() {
[ -n "$owner" ]||return 0
v=$(printf '%s\n' "route get $client from $server" "route get $server from $client iif $owner"|
ip "-$called" -o -force -batch - 2>/dev/null)
printf '%s\n' "$PLAN" "$v"|awk -v c="$client" -v s="$server" -v o="$owner" '
/^expect/{direct=direct||$5=="dev"&&$6!="@"$2}
$1==c{for(i=2;i<NF;i++)if($i=="dev"&&(direct||$(i+1)==o))print"out"}
$1=="local"&&$2==s{print"in"}'
}
connection() {
[ -n "$client" ]&&has ss||return 1
[ "$called" = 4 ]&&v="src $server:$listens and dst $client:$port"||v="src [$server]:$listens and dst [$client]:$port"
v=$(ss -Htin "$v" 2>/dev/null|awk '
{for(i=1;i<=NF;i++)if(split($i,pair,":")==2)value[pair[1]]=pair[2]}
END{if(NR)printf"%.0f %.0f",value["bytes_sent"]-value["bytes_retrans"],value["bytes_acked"]}')
transmitted=${v% *} acked=${v#* }
[ -n "$v" ]
}
acknowledged() {
[ -n "$sent" ]||return 0
why="this session, from $client, is answered no longer"
connection||return
[ "$acked" -gt "$sent" ]||{ [ "$transmitted" = "$sent" ]&&[ "$now" -gt "$began" ];}
}
gateways() {
has ping||return 0
v=$(ip -o neigh show 2>/dev/null)
[ -z "$v" ]||printf '%s\n' "${seen%%"$nl"[46] *}" "$PLAN" "$v"|awk '
/^(rule|address|keep)/{next}
$1=="device"{device[$2]=$3}
$1~/^route[46]$/&&$2=="default"{
dev=via=src=""
for(i=3;i<NF;i++){
if($i=="dev")dev=device[substr($(i+1),2)]
if($i=="via")via=$(i+1)
if($i=="src")src=$(i+1)
}
from[via,dev]=src==""||via~/^fe80/?dev:src
}
$2=="dev"&&($1,$3)in from&&!/FAILED|INCOMPLETE/{print $1,from[$1,$3]}'
}
reach() {
[ -n "$1" ]||return 0
printf '%s\n' "$1"|{
while read -r to from;do
! ping -n -q -c 1 -W 1 -I "$from" "$to" >/dev/null 2>&1||printf '%s %s\n' "$to" "$from" &
done
wait
}
}
suspects() { { ip -4 -N rule show&&ip -6 -N rule show;} 2>/dev/null|calc "$MANAGERS"|tr -d '\n';}
events='^(Deleted )?[0-9]+:|table [0-9]+|netlink'
monitor() {
needs read timeout grep
started $$
{ mkdir -p "$RUN"&&printf '%s\n' "$$ $started" >"$RUN/monitor";}||unwritable
trap - PIPE
trap 'end_follower; exit 0' INT TERM
end_follower
main=$$
/bin/sh -c 'echo $$ >"$1" && exec ip -N -o monitor link address rule route 2>&1' sh "$RUN/monitor.ip"|follow &
wait $!
}
end_follower() {
read -r n 2>/dev/null <"$RUN/monitor.ip"&&grep -q monitor "/proc/$n/cmdline" 2>/dev/null&&kill "$n"
}
resume() {
main=$PPID
follow <&3
}
replaced() {
n=
read -r n _ 2>/dev/null <"$RUN/monitor"
[ "$n" != "$main" ]
}
standard() {
for f in 4 6;do
ip -$f -N rule show|sed -n "s/^\(3276[67]\):.from all lookup \(25[34]\).*/$f \1 \2/p"
done
}
putback() {
now=$(standard)
printf '%s\n' "$had"|while read -r f priority table;do
case "$nl$now$nl" in *"$nl$f $priority $table$nl"*) continue;;esac
say "putting back the kernel's own rule $priority of IPv$f"
ip "-$f" rule add priority "$priority" lookup "$table" protocol kernel
done
}
event() { ${1:+timeout "$1"} grep -Eq "$events";}
follow() {
had=$(standard)
event 1
failures=0 burst=0
until replaced;do
/bin/sh "$STATE/run" restore
case $? in
0)
failures=0 later=
putback
load
[ "$committed" = - ]||grep -q "^BODY=$BODY\$" "$STATE/program.$committed"||exec /bin/sh "$STATE/run" resume 3<&0
;;
75) later=9;;
*)
later=9
[ $failures -ge 8 ]||failures=$((failures + 1))
if [ $failures -gt 2 ];then sleep $((1 << (failures - 3)));else nap 0.2;fi
;;
esac
if [ $burst = 3 ];then
nap 0.3
burst=0
elif event 1;then
burst=$((burst + 1))
else
burst=0
event $later
[ $? != 1 ]||return
fi
done
}
kept_text() {
case $1 in
*50-multihome.conf) cat <<'FILE'
# multihome: without this systemd-networkd removes every rule that it has not made when it starts or sets up a link.
[Network]
ManageForeignRoutingPolicyRules=no
ManageForeignRoutes=no
FILE
;;
*multihome-close.service) cat <<'FILE'
[Unit]
Description=Symmetric routing, nothing leaves until it is in force
ConditionPathExists=/var/lib/multihome/committed
DefaultDependencies=no
RequiresMountsFor=/var/lib/multihome
Conflicts=shutdown.target
Wants=network-pre.target
After=cloud-init-local.service
Before=network-pre.target shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /var/lib/multihome/run close
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
FILE
;;
*multihome-monitor.service) cat <<'FILE'
[Unit]
Description=Symmetric routing, kept in force
ConditionPathExists=/var/lib/multihome/committed
RequiresMountsFor=/var/lib/multihome
After=multihome-restore.service
StartLimitIntervalSec=0

[Service]
ExecStart=/bin/sh /var/lib/multihome/run monitor
Restart=always
RestartSec=1
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
FILE
;;
*multihome-restore.service) cat <<'FILE'
[Unit]
Description=Symmetric routing, put in force at boot
ConditionPathExists=/var/lib/multihome/committed
RequiresMountsFor=/var/lib/multihome
After=network-pre.target systemd-networkd.service NetworkManager.service networking.service
Before=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /var/lib/multihome/run boot
ExecStopPost=/bin/sh /var/lib/multihome/run open
TimeoutStartSec=60
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target network-online.target
FILE
;;
*run) cat <<'FILE'
#!/bin/sh
# Runs the program that multihome has committed on this host. Where none is, it does nothing and succeeds.
state=${MULTIHOME_STATE_DIR:-/var/lib/multihome}
[ -r "$state/committed" ] || exit 0
read -r _ generation <"$state/committed"
exec /bin/sh "$state/program.$generation" "$@"
FILE
;;
esac
}
etc=/etc/systemd/system
units="$etc/multihome-close.service $etc/multihome-monitor.service $etc/multihome-restore.service"
protection=/etc/systemd/networkd.conf.d/50-multihome.conf
early=/etc/udev/rules.d/75-multihome.rules
n=$etc/multi-user.target.wants/multihome
links="$n-close.service $n-monitor.service $n-restore.service $etc/network-online.target.wants/multihome-restore.service"
keeper() {
keeper=none unkept='policy.persistence is none'
case ${PLAN%%"${nl}address "*} in
*"${nl}model weak$nl"*|*"${nl}persistence volatile$nl"*) return;;
*"${nl}persistence none$nl"*);;
*)
if [ "$STATE" != /var/lib/multihome ];then
unkept='MULTIHOME_STATE_DIR is not /var/lib/multihome'
elif ! [ /proc/$$/ns/net -ef /proc/1/ns/net ];then
unkept='this is not the network namespace of the first process'
elif [ ! -d /run/systemd/system ];then
keeper=hook unkept='this host is not run by systemd'
elif [ ! -w $etc ];then
keeper=hook unkept="$etc cannot be written"
else
keeper=systemd
return
fi
case $PLAN in *"${nl}persistence systemd$nl"*) fail "policy.persistence is systemd, but $unkept";;esac
;;
esac
[ -n "$restoring" ]||! evicted||
fail "systemd-networkd removes rules that it has not made, as these, and $unkept, so nothing would put them back. \
Set ManageForeignRoutingPolicyRules=no in a file of /etc/systemd/networkd.conf.d, as 'multihome render --to systemd' does, \
and restart it; or let policy.persistence be auto; or, to have them until they are removed, volatile"
}
evicted() {
[ /proc/$$/ns/net -ef /proc/1/ns/net ]&&[ -d /run/systemd/system ]||return
systemctl is-active --quiet systemd-networkd.service||return
set --
for n in /usr/lib/systemd /run/systemd /etc/systemd;do
for v in "$n"/networkd.conf "$n"/networkd.conf.d/*.conf;do
[ ! -r "$v" ]||{ [ "$v" = $protection ]&&[ -e "$STATE/kept" ];}||set -- "$@" "$v"
done
done
[ $# != 0 ]||return 0
case $(sed -n 's/^[[:space:]]*ManageForeignRoutingPolicyRules[[:space:]]*=[[:space:]]*//p' "$@"|sed -n '$p') in
[nN]*|[fF]*|0|[oO][fF]*) return 1;;
esac
}
keep() {
[ -z "$restoring" ]||return 0
[ -n "$keeper" ]||keeper
case $keeper in
systemd) ! has install_units||install_units||say "the plan is in force, but will not be after a reboot: $why";;
hook)
[ ! -e "$STATE/kept" ]||unkeep
! has install_run||install_run||say "cannot write to $STATE"
hooked||say "$unkept, so the plan is in force until a reboot, unless $v"
;;
*) unkeep;;
esac
}
hooked() {
v="it runs 'sh $STATE/run boot' when its network is up"
[ -d /run/openrc ]||return
v="its OpenRC has the services of 'multihome render --to openrc'"
set -- /etc/runlevels/*/multihome
[ -e "$1" ]
}
halt_units() {
[ -e "$STATE/kept" ]||return 0
halted=1
systemctl stop multihome-monitor.service multihome-restore.service multihome-close.service
}
unkeep() {
[ -d /run/systemd/system ]||rm -f "$STATE/run"
[ -e "$STATE/kept" ]||return 0
[ -n "$halted" ]||halt_units
rm -f $early $protection $units $links||return
sed '1!G;h;$!d' "$STATE/kept"|while read -r n;do [ -z "$n" ]||rmdir "$n" 2>/dev/null;done
systemctl daemon-reload
systemctl reset-failed 'multihome-*' 2>/dev/null
rm -f "$STATE/kept" "$STATE/run"
halted=
}
kept_now() {
[ -e "$STATE/kept" ]||return 0
printf '%s\n' "$STATE/run" $early $protection
for n in $links;do [ -L "$n" ]||return 0;done
printf '%s\n' $units
}
kept_whole() {
[ -e "$STATE/kept" ]||return 0
for n in "$STATE/run" $units;do [ -f "$n" ]||return;done
for n in $links;do [ -L "$n" ]||return;done
}
watched() {
read -r n v 2>/dev/null <"$RUN/monitor"&&started "$n"&&[ "$started" = "$v" ]
}
change() {
[ -r "$RUN/change" ]||return 1
v=
read -r v <"$RUN/change"
set -- $v
if ! whole "$@";then
[ -z "$watching" ]||return 1
fail "$RUN/change is damaged or of another version. $(standing). Delete $RUN, and apply again"
fi
! committed_as "$3"||return 1
id=$3 new=$4 keep4=$5 keep6=$6 proposed=$7 within=$8 deadline=$9 booted=${10}
}
whole() {
[ "$#/${1-}/${2-}" = 10/change/1 ]||return 1
case $3/$4/$5/$6/$7$8$9 in
*[!0-9a-f]*/[01]/[-01]/[-01]/*|*[!-0-9a-f/]*|/*) return 1;;
*/[01]/[-01]/[-01]/*);;
*) return 1;;
esac
case $8$9 in *[!0-9]*) return 1;;esac
}
committed_as() {
[ -r "$STATE/committed" ]||return 1
while read -r n v;do
[ "$n $v" != "id $1" ]||return 0
done <"$STATE/committed"
return 1
}
ended() {
ended='' fate=''
[ -r "$RUN/last" ]&&read -r ended fate <"$RUN/last"
}
standing() {
if [ "$committed" = - ];then
printf %s 'Nothing is applied'
else
printf %s "In force is generation $committed, digest $committed_digest"
fi
}
announce() {
within=$1
clock
deadline=$((now + $2))
printf '%s\n' "change 1 $id $new $keep4 $keep6 $proposed $within $deadline $boot" >"$RUN/change.new"&&
mv -f "$RUN/change.new" "$RUN/change"
}
alive() {
[ -e "$1" ]||return 1
for process;do
process=${process##*/}
process=${process#*.}
started "${process%%.*}"&&[ "$started" = "${process#*.}" ]||return 1
done
}
lapsed() {
clock
lapse=
if [ "$booted" != "$boot" ];then
lapse='the host has been started anew since'
elif [ "$now" -ge "$deadline" ];then
lapse="it was not confirmed within $within s"
[ "$within" != 0 ]||lapse='it was not done in time'
elif ! alive "$RUN"/watch.*&&[ "$within" != 0 ];then
lapse='a process that watched over it was killed'
elif [ "$within" = 0 ]&&! alive "$RUN"/maker.*;then
lapse='the process that made it was killed'
else
return 1
fi
}
unhindered() {
load
if change&&[ "$within" != 0 ]&&! lapsed;then
reason="change $id waits to be confirmed, for $((deadline - now)) s more: confirm it, or roll it back, first"
exit 75
fi
}
recover() {
unhindered
if change;then
stood=
lapsed||lapse='the process that made it was killed'
({ [ ! -r "$RUN/program" ]||become "$RUN/program";}&&revert "$lapse")||fail 'an unfinished change cannot be rolled back; apply again'
load
else
disarm
fi
}
disarm() {
[ ! -e "$RUN/change" ]||rm -f "$RUN/change"||return
for n in "$RUN"/watch.*;do
v=${n##*/watch.}
v=${v%%.*}
[ "$v" = $$ ]||! alive "$n"||{ kill "$v"&&kill -s CONT "$v";} 2>/dev/null
done
set --
for n in "$RUN"/maker.* "$RUN"/watch.* "$RUN/program" "$RUN/undo" "$RUN/before" "$RUN/amend" "$RUN"/*.new;do
[ ! -e "$n" ]||set -- "$@" "$n"
done
[ $# = 0 ]||rm -f "$@"
}
commit() {
trap '' INT TERM
v="generation $coming${nl}band $new${nl}digest $proposed${nl}numbers $numbers${nl}id $id"
put committed "$v" "$STATE/program.$coming"||[ "$v" = "$(cat "$STATE/committed" 2>/dev/null)" ]||fail "cannot write to $STATE"
staged='' parted=
[ ! -e "$RUN/parted" ]||rm -f "$RUN/parted"
committed=$coming band=$new committed_digest=$proposed committed_id=$id
disarm
[ -n "$restoring" ]||[ ! -e "$RUN/last" ]||rm -f "$RUN/last"
}
revert() {
filter_back
[ -z "${ANNOUNCE-}" ]||frr_back
! has unamend||unamend||{
say "what was changed could not be changed back: $why"
return 1
}
seen=
tidy "$keep4" "$keep6"||{
say "not all that was staged could be cleared away: $why"
return 1
}
PLAN=$(bare)
records=$RUN/undo
if ! { survey;undo;};then
say "not all that was changed could be put back: $why"
return 1
fi
if [ -s "$RUN/before" ];then
v=$(cat "$RUN/before")&&[ -n "$v" ]&&put restore "$v"
elif [ -e "$RUN/before" ];then
rm -f "$STATE/restore"
fi
rm -f "$STATE/program.$coming" "$STATE"/*.new
[ "$committed" != - ]||rm -f "$STATE/nft"
rmdir "$STATE" 2>/dev/null
[ -n "$restoring" ]||printf '%s\n' "$id $1" >"$RUN/last"
[ ! -e "$RUN/parted" ]||mv -f "$RUN/parted" "$RUN/parted.back"
disarm
}
adopt() {
self=$(sed "1,/^cat <</d;/^MULTIHOME\$/,\$d" "$1")&&[ -n "$self" ]||return
PLAN=${self#PLAN=\'}
PLAN=${PLAN%%\'*}
numbered
}
become() { adopt "$1"&&eval "${self%"$nl"*}";}
bare() {
printf '%s\n' 'plan 1 none' "numbers $numbers" end
}
apply() {
needs write
filter_tool
! announces||frr_tool
unhindered
ended
stood=$committed/$band/$committed_id/$ended
[ ! -e "$RUN/change" ]||stood=
if compare&&{ [ -z "$restoring" ]||! spared;};then
lock
recover
! ended||say "the last change, $ended, was rolled back: $fate"
if [ "$tries/$stood" = "0/$committed/$band/$committed_id/$ended" ]||compare;then
keeper
part
prepare
replace
if [ "$wanted" != 0 ];then
told pending "$id" "$wanted" "$proposed"
return
fi
commit
foreseen
settle
fi
fi
! has own||own
[ "$wanted" = 0 ]||told '' "$committed_id" 0 "$committed_digest"
}
compare() {
load
[ "${committed_numbers:-$numbers}" = "$numbers" ]||
fail "the numbers of the plan differ from those in force ($committed_numbers); remove first, then apply"
! apart||return 0
was=$STATE/observed whose=$BODY
found
was=
[ -z "$settled" ]
}
prepare() {
case $keep4$keep6$band in
01?|10?) fail 'the switches of IPv4 and IPv6 disagree, so somebody has changed them; remove first, then apply';;
0??|-0?|--0) new=1;;
*) new=0;;
esac
! has amendable||! amendable||return 0
tidy "$keep4" "$keep6"||fail "cannot clear away what an unfinished change has left: $why"
}
replace() {
[ -z "$restoring" ]||gone=$(absences)
digested
proposed=$v
[ -n "$v" ]||fail 'sha256sum has failed'
read -r id </proc/sys/kernel/random/uuid||fail 'the kernel has no random numbers'
id=${id%%-*}
[ -z "$restoring" ]||id=$committed_id
! filters||filter_check||fail "$why"
! announces||frr_check||fail "$why"
text
{ records 'todo keep undo' "$RUN"&&{ [ ! -s "$STATE/restore" ]||[ -s "$RUN/before" ];};}||unwritable
staged=1
arm
{ noted&&printf '%s\n' "$text" >"$STATE/program.$coming";}||fail "cannot write to $STATE"
if [ -n "$amending" ];then
[ -z "$probing" ]||paths
affected
amendments redo
armed
amend redo||fail "$why"
else
armed
! shut||backstop 2||fail "$why"
{ stage 4 "$new" "$keep4"&&stage 6 "$new" "$keep6";}||fail "$why"
if shut;then
case $keep4$keep6 in *-*) flips;;esac
backstop 1||fail "$why"
survey
fi
right "${numbers##*mark=}" canary
[ -n "$restoring" ]||[ -z "$probing" ]||paths
[ -n "$flipped" ]||flips
fi
tune todo||fail 'cannot write sysctls'
filter_load||fail "$why"
! announces||frr_load||fail "$why"
if [ -z "$restoring" ];then
right '' "${amending:-pending}"
only=
[ -z "$probing" ]||still||fail "$why"
furnished||fail "$why"
fi
[ "$wanted" = 0 ]||pend
}
flips() {
[ "$want4" = - ]||flip 4 "$new"||fail "$why"
[ "$want6" = - ]||flip 6 "$new"||fail "$why"
flipped=1
}
right() {
case $2 in [a-z]*) number "$2"&&gate=$v;;esac
for _ in 1 2 3 4 5;do
v=$(check brief "$1")&&gate=&&return
case $seen in *"${nl}todo address "*) nap 0.1;;*) break;;esac
done
fail "the new rules would not be right here: ${v%%"$nl"*}$(! has suspects || suspects)"
}
settle() {
[ "$want4" = - ]||want4=$new
[ "$want6" = - ]||want6=$new
[ -n "$keeper" ]||keeper
backstopped
filter_undo
{ silenced&&tidy "$want4" "$want6"&&undo;}||say "the plan is in force, but not all that is old could be cleared away: $why"
rm -f "$STATE/program.$((1 - committed))"
keep
case $seen in ''|*"${nl}short"*) return 0;;esac
! shut||return 0
[ -n "$restoring" ]||kept_whole||return 0
stale=
backstopped
if [ -z "$stale" ]&&filter_stands&&furnished&&records 'keep undo'&&noted&&{ [ -z "$restoring" ]||[ "$gone" = "$(absences)" ];};then
v=$(kept_now)
[ -z "$v" ]||v="=kept$nl$(cat $v 2>/dev/null)"
[ -z "$restoring" ]||v=$(sed -n '/^=kept$/,$p' "$STATE/observed" 2>/dev/null)
put observed "$committed_id$nl$seen${v:+$nl$v}"
fi
return 0
}
parting() {
parted=1
{ mkdir -p "$RUN"&&: >"$RUN/parted";}||unwritable
}
reunite() {
[ -z "${REUNITING-}" ]||return
[ -n "$parted" ]||[ -e "$RUN/parted.back" ]||return 0
rm -f "$RUN/parted" "$RUN/parted.back"
load
if [ -r "$STATE/program.$committed" ];then
REUNITING=1 sh "$STATE/program.$committed" apply||{ say 'what was in force could not be put back; apply it again'&&outcome=1;}
else
rejoin||outcome=1
rmdir "$STATE" 2>/dev/null
fi
return 0
}
apart() { [ -e "$STATE/worlds" ];}
part() {
apart||return 0
parting
rejoin
! apart||fail 'not all interfaces could be taken out of their worlds'
found
}
rejoin() { [ ! -e "$STATE/worlds" ]||sh "$STATE/worlds/program" rejoin;}
furnished() { :;}
world_facts() { :;}
judged() { check "$@";}
remove() {
needs write
! has followed||! followed||return 0
unhindered
sweep=1
load
numbers=${committed_numbers:-$numbers}
assign
PLAN=$(bare)
look
emptied=1
[ "$seen" != 'facts - - - - - -' ]||[ -e "$STATE" ]||[ -e "$RUN" ]||return 0
filter_tool
halt_units
lock
recover
rejoin
lost=$?
! apart||exit
load
look
case $seen in
*' backstop '*) has backstop||fail "this is a short program; use $STATE/program.$committed";;
esac
! has backstop||backstop 0||fail "cannot remove the rules behind the plan's: $why"
silenced||exit
filter_undo
tune undo
[ "$live4" = - ]||flip 4 -
[ "$live6" = - ]||flip 6 -
rm -f "$STATE/committed" "$STATE/observed"
survey
tidy - -||fail "cannot remove all rules and routes: $why"
undo||fail "cannot put back all that was changed: $why"
unkeep||exit
! has end_follower||end_follower
rm -f "$STATE/restore" "$STATE/owner" "$STATE/nft" "$STATE/run" "$STATE"/program.[01] "$STATE"/*.new
[ ! -d "$STATE" ]||rmdir "$STATE" 2>/dev/null||say "$STATE holds files that are not ours, so it stays"
rm -f "$RUN/last" "$RUN/owed" "$RUN"/monitor*
return $lost
}
started() {
read -r started 2>/dev/null <"/proc/$1/stat"||return 1
set -- ${started##*) }
started=${20} parent=$2
[ "$1" != Z ]
}
lock() {
started $$
mine=$RUN/lock.$$.$started
tries=0
while
{ [ -d "$RUN" ]||mkdir -p "$RUN";}&&true >"$mine.try"||[ -n "${1-}" ]||unwritable
rivals
do
if [ -n "$ahead" ];then
rm -f "$mine.try"
tries=$((tries + 1))
if [ -z "${1-}" ]&&{ [ -z "$rolling" ]||[ $tries = 10 ];};then
reason="another change is in progress, by process $ahead"
exit 75
fi
fi
sleep 1
done
true >"$mine${1:+.back}${restoring:+.back}"
}
rivals() {
ahead='' rolling=''
set --
for rival in "$RUN"/lock.*;do
v=${rival#"$RUN"/lock.}
n=${v%%.*}
v=${v#*.}
if [ "$n" = $$ ];then
continue
elif ! started "$n"||[ "$started" != "${v%.*}" ];then
rm -f "$rival"
else
set -- 1
[ "$v" = "$started.try" ]&&[ "$n" -gt $$ ]||ahead=$n
[ "$v" != "$started.back" ]||rolling=1
fi
done
[ $# = 1 ]
}
unlock() {
[ -z "${mine-}" ]||rm -f "$mine" "$mine.try" "$mine.back"
}
install_run() {
v=$(kept_text run)
[ "$v" = "$(cat "$STATE/run" 2>/dev/null)" ]||put run "$v"
}
install_units() {
why="cannot write to $STATE"
install_run||return
files="$early $protection $units"
[ -x /lib/systemd/systemd-networkd ]||files="$early $units"
make_directories||return
stale=
for n in $files;do
if [ "$n" = "$early" ];then v=$(early_text);else v=$(kept_text "$n");fi
[ "$v" != "$(cat "$n" 2>/dev/null)" ]||continue
why="cannot write $n"
{ printf '%s\n' "$v" >"$n.new"&&chmod 644 "$n.new"&&mv -f "$n.new" "$n";}||return
stale=1
done
for n in $links;do
v=$etc/${n##*/}
if [ -L "$n" ]&&[ "$n" -ef "$v" ];then continue;fi
why="cannot write $n"
ln -sf "$v" "$n"||return
stale=1
done
why='systemctl has failed'
[ -z "$stale" ]||systemctl daemon-reload||return
watched||systemctl --no-block start multihome-monitor.service
}
early_text() {
echo '# multihome: interfaces of the plan are in its group before they have an address.'
of_seen '$1=="device"&&NF==4{
print"SUBSYSTEM==\"net\", ACTION==\"add\", ATTR{address}==\""$4"\", ATTR{netdev_group}=\""group"\""
}'
}
make_directories() {
stale='' made=
[ ! -e "$STATE/kept" ]||made=$(cat "$STATE/kept")
for n in $files $links;do
n=${n%/*}
while [ ! -d "$n" ];do
stale="$n $stale"
n=${n%/*}
done
done
for n in $stale;do
case $nl$made$nl in *"$nl$n$nl"*);;*) made=$made${made:+$nl}$n;;esac
done
if [ -n "$stale" ]||[ ! -e "$STATE/kept" ];then put kept "$made"||return;fi
for n in $stale;do
why="cannot make $n"
[ -d "$n" ]||mkdir -m 755 "$n"||return
done
}
deliver() {
form=json owed=
load
[ ! -r "$RUN/owed" ]||read -r owed <"$RUN/owed"
if [ -n "$owed" ]&&! committed_as "$owed"&&ours_to_end;then
rm -f "$RUN/owed"
given=$owed
confirm
else
rm -f "$RUN/owed"
apply
if change&&[ "$within" != 0 ];then
printf '%s\n' "$id" >"$RUN/owed"||unwritable
reason="change $id is in force, and waits to be confirmed, for $within s, by the same command over a new connection"
exit 75
fi
fi
verify
}
ours_to_end() {
change||return 0
digested
[ "$v" = "$proposed" ]
}
arm() {
{ { [ -z "$amending" ]||printf '%s\n' "$edits" >"$RUN/amend";}&&
printf '%s\n' "$text" >"$RUN/program"&&started $$&&true >"$RUN/maker.$$.$started";}||
unwritable
if [ -n "$restoring" ];then
:
elif unit_fits;then
launch_unit &
unit=$!
else
launch
fi
announce 0 60||unwritable
}
launch() {
for _ in 1 2;do $(command -v setsid) sh "$RUN/program" watch "$id" >/dev/null 2>&1 & done
}
armed() {
[ -z "$restoring" ]||return 0
n=2
if [ -n "$unit" ];then
if wait "$unit";then n=1;else launch;fi
fi
clock
until=$((now + 10))
until
set -- "$RUN"/watch.*
[ -e "$1" ]&&[ $# -ge $n ]
do
clock
[ "$now" -lt $until ]||fail 'nobody can be had to roll the change back if need be'
nap 0.02
done
}
unit_fits() {
[ -d /run/systemd/system ]&&has systemd-run||return 1
case $STATE$RUN in *[!-A-Za-z0-9/._]*) return 1;;esac
for n in net mnt;do
[ /proc/self/ns/$n -ef /proc/1/ns/$n ]||return 1
done
}
launch_unit() {
systemd-run --quiet --collect --unit="multihome-$id" -p DefaultDependencies=no -E MULTIHOME_STATE_DIR="$STATE" \
-E MULTIHOME_RUN_DIR="$RUN" -p OOMScoreAdjust=-1000 -p RuntimeMaxSec=$((${wanted:-0} + 90)) \
-p ExecStopPost="/bin/sh -c 'test ! -e $RUN/program || exec /bin/sh $RUN/program expire $id'" \
/bin/sh "$RUN/program" watch "$id" 2>/dev/null
}
watch() {
watching=1
load
cd /||exit 1
until ours;do
alive "$RUN"/maker.*||ours||exit 1
nap 0.02
done
started $$&&true >"$RUN/watch.$$.$started"||exit 1
exec >/dev/null
trap - INT TERM
while sleep 1;do
over||conclude
done
}
expire() {
watching=1
load
ours||exit 0
lapse='what watched over it was ended'
conclude
}
ours() { change&&[ "$id" = "$given" ];}
over() {
! committed_as "$given"||exit 0
if change;then
[ "$id" = "$given" ]||exit 0
! lapsed
else
! ended||[ "$ended" != "$given" ]||exit 0
if [ "$committed" = - ];then [ ! -e "$STATE/committed" ];else committed_as "$committed_id";fi||exit 0
lapse='its record was deleted'
return 1
fi
}
conclude() {
said=$lapse
set -- "$RUN"/maker.*
if alive "$1";then
v=${1##*/maker.}
kill -9 "${v%%.*}"
fi
lock patient
over
id=$given
until (revert "$said");do sleep 1;done
exit 0
}
deny() {
if [ "$form" = json ];then
printf '{"ok":false,"checked":0,\n"generation":%s,\n"digest":%s,\n"failed":[],\n"reason":%s}\n' \
"$generation" "$(quoted "$committed_digest")" "$(quoted "$1")"
else
printf '%s\n' "$1"
fi
exit 1
}
verify() {
needs read
load
look
in_force
if change&&[ "$within" != 0 ];then
! lapsed||deny "change $id is in force and must not be, since $lapse; apply, and it is rolled back"
committed_digest=$proposed
fi
digested
[ "$generation" != null ]||deny 'nothing is applied'
[ "${committed_digest:-$v}" = "$v" ]||deny "another plan is in force, of digest $committed_digest"
[ "$code" = 0 ]||deny "$(complaint)"
[ "$want4" = - ]||[ "$live4" != - ]||deny 'nothing is in force for IPv4'
[ "$want6" = - ]||[ "$live6" != - ]||deny 'nothing is in force for IPv6'
filter_stands||deny 'the table inet multihome of nftables is not as it was loaded; apply again'
kept_whole||deny "$n is missing, which keeps the plan in force; apply again"
! announces||frr_stands
judged "$form" '' -v generation="$generation" -v digest="$(quoted "$committed_digest")"
}
in_force() {
case $want4$want6$committed in --[01]) generation=$committed&&return;;esac
case $live4$live6 in
[01]*) generation=$live4;;
-[01]) generation=$live6;;
*) generation=null;;
esac
}
status() {
needs read
load
numbers=${committed_numbers:-$numbers}
assign
drift=null
if [ -r "$STATE/program.$committed" ];then
adopt "$STATE/program.$committed"
was=$STATE/observed
look
drift=true
[ -z "$settled" ]||drift=false
else
PLAN=$(bare)
look
fi
in_force
waits=''
if change&&[ "$within" != 0 ];then
lapsed&&left=0||left=$((deadline - now))
waits=$id drift=null committed_digest=$proposed
fi
ended
if [ "$form" = json ];then
[ "$generation" = null ]&&v=false||v=true
printf '{"applied":%s,\n"generation":%s,\n"digest":%s,\n"drift":%s,\n"id":%s,\n' \
"$v" "$generation" "$(quoted "$committed_digest")" "$drift" "$(quoted "$committed_id")"
[ -z "$waits" ]&&v=null||
v="{\"id\":\"$waits\",\"generation\":$new,\"digest\":\"$proposed\",\"secondsLeft\":$left}"
[ -z "$fate" ]&&n=null||n="{\"id\":\"$ended\",\"reason\":$(quoted "$fate")}"
printf '"pending":%s,\n"rolledBack":%s,\n' "$v" "$n"
[ -e "$STATE/kept" ]&&v=true||v=false
watched&&n=true||n=false
printf '"kept":%s,\n"monitored":%s}\n' "$v" "$n"
return
fi
if [ "$generation$committed" = null- ];then
printf 'nothing is applied\n'
else
printf 'generation: %s\ndigest: %s\ndrift: %s\n' "$generation" "${committed_digest:-unknown}" "$drift"|
sed 's/: true$/: yes/;s/: false$/: no/;s/generation: null/generation: none/;s/: null$/: unknown/'
fi
if [ -e "$STATE/kept" ];then
watched&&v='yes'||v='yes, but the monitor does not run'
printf 'kept: %s\n' "$v"
fi
[ -z "$waits" ]||printf 'pending: %s, of digest %s, %s s left\n' "$waits" "$proposed" "$left"
[ -z "$fate" ]||printf 'rolled back: %s, since %s\n' "$ended" "$fate"
}
pend() {
alive "$RUN"/watch.*||fail 'a process that watched over it was killed'
announce "$wanted" "$wanted"||unwritable
staged='' parted=
rm -f "$RUN"/maker.*
}
quoted() {
[ -n "$1" ]&&v=\"$(printf %s "$1"|tr '\n"' " '")\"||v=null
printf %s "$v"
}
told() {
[ "$verb" != deliver ]||return 0
if [ "$form" = json ];then
printf '{"pending":%s,"id":%s,"secondsLeft":%s,"digest":%s}\n' "${1:+true}" "$(quoted "$2")" "$3" "$(quoted "$4")"|
sed 's/:,/:false,/'
elif [ -n "$1" ];then
printf 'pending %s\nIt is rolled back in %s s, unless: sh PROGRAM confirm %s\n' "$2" "$3" "$2"
fi
}
about() {
needs write
lock
load
if ! change;then
disarm
return 1
fi
if ! [ -r "$RUN/program" ];then
lapse='its program was deleted'
elif ! become "$RUN/program";then
fail "cannot read $RUN/program. $(standing). Apply again"
elif ! lapsed;then
[ "${given:-$id}" = "$id" ]||fail "it is change $id that waits to be confirmed, for $((deadline - now)) s more, not $given"
return 0
fi
(revert "$lapse")||fail 'an unfinished change cannot be rolled back; apply again'
return 1
}
confirm() {
if about;then
[ "$within" != 0 ]||fail "change $id is still being made"
look
commit
settle
own
[ "$form" = json ]||printf 'confirmed %s\n' "$id"
return
fi
if ended&&[ "${given:-$ended}" = "$ended" ];then
fail "change $ended cannot be confirmed any more, since it was rolled back: $fate. $(standing). Apply it again"
elif [ -n "$committed_id" ]&&[ "${given:-$committed_id}" = "$committed_id" ];then
[ "$form" = json ]||printf 'confirmed already %s\n' "$committed_id"
else
fail "no change${given:+ $given} is pending. $(standing). Apply it again"
fi
}
rollback() {
if about;then
started $$&&true >"$RUN/maker.$$.$started"&&announce 0 60
revert 'by command'||fail 'it is tried again by what watches over it'
elif ! ended||[ "${given:-$ended}" != "$ended" ];then
fail "no change${given:+ $given} is pending. $(standing). To get back to an earlier plan apply it, to none remove"
fi
printf 'rolled back %s\n' "${ended:-$id}"
}
owned() {
v=
[ ! -r "$STATE/owner" ]||read -r v <"$STATE/owner"
[ "$v" = "$holder" ]
}
own() { [ -z "$holder" ]||owned||put owner "$holder"||fail "cannot write to $STATE";}
followed() { [ -n "$holder" ]&&! owned&&[ -n "$v" ]&&say "$v has applied since, so nothing is removed";}
usage() {
misuse 'usage: sh PROGRAM apply [--confirm-within SECONDS] [--json]
sh PROGRAM confirm [ID] [--json] | rollback [ID]
sh PROGRAM remove [--owner=NAME]
sh PROGRAM deliver --confirm-within SECONDS | verify [--json]
sh PROGRAM status [--json]
MULTIHOME_STATE_DIR  what survives a reboot; default /var/lib/multihome
MULTIHOME_RUN_DIR    what does not; default /run/multihome
MULTIHOME_WAIT       seconds to wait for interfaces; default 30
exit 0 done, 1 failed and rolled back, 2 bad input or usage, 75 another change
is in progress or waits to be confirmed'
}
heed() {
while [ $# != 0 ];do
case $verb/$1 in
apply/--json|confirm/--json|verify/--json|status/--json) form=json;;
apply/--confirm-within|deliver/--confirm-within)
wanted=${2-}
case $wanted in
[5-9]|[1-9][0-9]|[1-9][0-9][0-9]|[12][0-9][0-9][0-9]|3[0-5][0-9][0-9]|3600) shift;;
*) misuse "--confirm-within must be a whole number of seconds from 5 to 3600, not '$wanted'";;
esac
;;
apply/--owner=?*|confirm/--owner=?*|deliver/--owner=?*|remove/--owner=?*) holder=${1#*=};;
confirm/[!-]*|rollback/[!-]*|watch/*|expire/*)
given=$1
case $given in
[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]);;
*) misuse "an id is 8 hexadecimal digits, as apply --confirm-within has told; not '$given'";;
esac
;;
*) usage;;
esac
shift
done
[ "$verb$wanted" != deliver0 ]||usage
}
text() {
text="#!/bin/sh${nl}program() {${nl}cat <<'MULTIHOME'$nl$self${nl}MULTIHOME$nl}${nl}self=\$(program) && eval \"\$self\""
}
finish() {
outcome=$?
trap - EXIT
trap '' INT TERM
[ -z "$staged" ]||revert "${reason:-it was ended}"
unlock
reunite
[ -z "$halted" ]||systemctl --no-block start multihome-monitor.service
[ -z "$emptied" ]||rmdir "$RUN" 2>/dev/null
[ "$restoring$outcome" != 175 ]||reason=
[ -z "$reason" ]||say "$reason"
exit $outcome
}
main() {
environment
trap '' HUP PIPE
trap finish EXIT
trap 'fail "interrupted by a signal"' INT TERM
form=text wanted=0 given='' holder=''
[ $# != 0 ]||usage
verb=$1
shift
case $verb in
apply|deliver|confirm|rollback|verify|status|remove|watch|expire|rejoin);;
close|open|boot|restore|monitor|resume|silence|settled);;
*) usage;;
esac
has "$verb"||misuse "$verb: this is the short form of the program, as of user data, which does without"
heed "$@"
$verb||exit
case $verb$wanted$form in apply0json|confirm0json) verify;;esac
}
main "$@" </dev/null
MULTIHOME
}
self=$(program) && eval "$self"
