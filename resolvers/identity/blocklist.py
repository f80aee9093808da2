"""Passwords that everybody tries first, of the length that is asked for."""

COMMON = frozenset(
    """
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
    """.split()  # noqa: SIM905  words to be read as a page, not as a column
)
