"""Passwords that everybody tries first, of the lengths that may be asked for."""

TRIED = """
000000000000 0123456789ab 012345678901 098765432109 111111111111 112233445566
121212121212 123123123123 123412341234 1234567890-= 1234567890ab 1234567890abc
1234567890qwerty 123456789000 1234567890123 12345678901234 123456789012345
1234567890123456 123456789012 123456789101112 123456789123 123456789abc
123456789qwe 123456abcdef 123456qwerty 123qweasdzxc 1q2w3e4r5t6y 1q2w3e4r5t6y7u
1qaz2wsx3edc 1qazxsw23edc 222222222222 555555555555 666666666666 777777777777
888888888888 987654321000 9876543210123 999999999999 aaaaaaaaaaaa abc123abc123
abcabcabcabc abcd1234abcd abcdefghijkl abcdefghijklm abcdefghijklmnop
abcdefgh1234 admin1234567 admin12345678 adminadmin12 adminadminadmin
administrator administrator1 asdasdasdasd asdfasdfasdf asdfghjkl123 asdfghjkl;'
asdfghjkl1234 asdfghjklqwerty baseball1234 basketball12 changeme1234
changemechangeme changemenow! charlie12345 chocolate123 computer1234
correcthorsebatterystaple defaultpassword dragon123456 dragondragon
football1234 football12345 footballfootball helloworld12 helloworld123
iloveyou1234 iloveyou12345 iloveyouiloveyou letmein12345 letmein123456
letmeinletmein liverpool123 lovelovelove master123456 michael12345
minecraft123 monkey123456 mypassword12 mypassword123 p@ssw0rd1234 p@ssword1234
passpasspass passw0rd1234 passw0rdpassw0rd password!123 password0000
password1111 password1234 password12345 password123456 password1234567
password12345678 password123! password1234! password2024 password2025
password2026 passwordpassword pokemon12345 princess1234 q1w2e3r4t5y6
qazwsxedcrfv qazwsxedc123 qwe123qwe123 qweasdzxc123 qwerqwerqwer qwert12345678
qwerty012345 qwerty123456 qwerty1234567 qwerty12345678 qwertyqwerty
qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiop[] qwertyuiop[]\\
qwertyuiopasdf secret123456 secretsecret shadow123456 starwars1234 summer202420
sunshine1234 superman1234 supersecret1 supersecret123 test12345678 testtesttest
trustno1trustno1 welcome12345 welcome123456 welcomewelcome whatever1234
xxxxxxxxxxxx zaq12wsxcde3 zxcvbnm12345 zxcvbnm,./12 zxcvbnmasdfg
"""
SHORTER = """
00000000 01234567 0123456789 0987654321 10203040 11111111 1111111111 11112222
11223344 1122334455 12121212 12341234 123412341 123454321 1234554321 12345678
123456789 1234567890 12345678910 123456781 1234567a 12345678a 123456789a
1234567q 12345qwert 123qwe123 123321123 123123123 1236987410 147258369 1478963250
159753456 1a2b3c4d 1g2w3e4r 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3 1qazxsw2
20202020 22222222 2wsx3edc 33333333 44444444 55555555 55667788 66666666 77777777
78945612 789456123 87654321 88888888 987654321 9876543210 99999999 aa123456
aaaaaaaa aaaa1111 abc12345 abcd1234 abcd12345 abcdefgh abcdefghi access14 admin123
admin1234 admin12345 administr adminadmin alexander alexandra apple123 asdasdasd
asdf1234 asdfasdf asdfghjk asdfghjkl asdf12345 azertyui azertyuiop babygirl
baseball baseball1 basketball batman123 benjamin blink182 bonjour1 butterfly
caroline changeme changeme1 charlie1 chelsea1 chocolate chocolate1 christian
cocacola computer computer1 corvette courtney crystal1 danielle december
default1 dolphin1 dragon12 dragon123 einstein elephant elizabeth eminem123 everton1
favorite fernando football football1 forever1 francesco freedom1 friends1 fuckyou1
gateway1 garfield gfhjkm123 graphics guitar123 hannah123 hellohello hello123
hello1234 hunter12 iloveyou iloveyou1 iloveyou2 internet isabella jasmine1
jennifer jessica1 jonathan jordan23 killer12 kristina letmein1 letmein123 liverpool
liverpool1 london123 lovelove loveyou1 manchester marina123 maverick master12
mercedes michael1 michelle midnight minecraft monkey12 monkey123 mustang1 myspace1
naruto123 newcastle nicholas nintendo november pa55word pa55w0rd p@ssw0rd
p@ssword passw0rd passw0rd1 passwort passw123 password password! password0
password01 password1 password1! password12 password123 password2 password3
passpass patricia perfect1 pokemon1 pokemon123 princess princess1 q1w2e3r4
q1w2e3r4t5 qazwsx12 qazwsx123 qazwsxed qazwsxedc qwaszx12 qweasdzxc qweqweqwe
qwer1234 qwert123 qwert1234 qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui
qwertyuio qwertyuiop rainbow1 realmadrid rockstar samantha samsung1 scorpion
secret12 secret123 september serenity shadow12 shadow123 slipknot snowball
spiderman spiderman1 starwars starwars1 stephanie strawberry sunshine sunshine1
superman superman1 swordfish sweetheart test1234 testtest tinkerbell trinity1
trustno1 valentina vanessa1 veronica victoria volleyball welcome1 welcome12
welcome123 whatever william1 windows1 xxxxxxxx yankees1 zaq12wsx zaq1zaq1 zxcvbnm1
zxcvbnm123 zzzzzzzz
"""
"""Of those who show a code besides."""
COMMON = frozenset([*TRIED.split(), *SHORTER.split()])
