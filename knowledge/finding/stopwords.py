"""Words that say nothing about what is looked for: of questions, of manners, and of grammar.

They are in the index like all others, and count where nothing else was asked.
"""

import re

_ENGLISH = """
a about after again all already also am an and another any anyone anything are arent as at be because been before
being both but by came can cannot cant come comes could couldnt d did didnt do does doesnt doing done dont each either
else ever every few for from get gets getting give go goes going gone gonna got had has hasnt have havent having he
hello help her here hers hey hi him his how however i id if ill im in into is isnt it its ive just kind know last least
less let like ll look looking lot m made make many may maybe me mean might mine more most much must my need needs never
next no nor not now of off oh ok okay on once one only onto or other our ours out over own please put question quite
rather re really s said same say see seem seems shall she should shouldnt since so some somehow someone something
still such sure t tell than thank thanks thankyou that thats the their theirs them then there theres these they thing
things this those though through thus to too try trying two u until up upon us use ve very via wanna want wanted wants
was wasnt way we well went were werent what whats when where whether which while who whom whose why will wish with
without wont would wouldnt yes yet you your yours morning afternoon evening bye cheers hope dear sir madam possible
ask asking able exactly actually anyway wondering ain aren couldn didn doesn don hadn hasn haven isn mustn needn shouldn
wasn weren won wouldn thats
"""
_FINNISH = """
aina ainakin ala alla ansiosta ei eikä eivät ehkä eli emme en enemmän ennen enää entä et etkä ette että haluaa haluaisin
haluan he hei heidän heille heitä heti hieman hyvin hyvä hyvää hän hänelle hänen ihan ilman itse ja jo johon joka jokin
joko jolla jolle jolloin jonka jopa jos joskus jossa josta jota jotain jotka jotta joten jotta jälkeen kai kaikki kanssa
kautta keiden keitä ken kenellä kenelle kenen ketä kiitos kiitoksia kiva kohti koko koska koskaan kuin kuinka kuitenkin
kuka kumpi kun kyllä kysymys käykö lla liian lisäksi luona lähellä me meidän meille meillä meitä mihin mikä mikäli millä
mille milloin millainen minkä minkälainen minne minua minulla minulle minun minä missä mistä miten mitä mm moi moikka
mukaan mukana muta mutta muu muut myös mä mun mulla mulle ne neidän niiden niin niitä noin nuo nyt näiden näin nämä ole
olen olemme olet olette oli olin olisi olivat olla ollut on onko onkohan ota ottaa ovat paitsi paljonko pitäisi pitää
pois ruma saa saada saako saan saanko sai samoin se sekä sellainen sen sieltä siellä siihen siinä siis siitä silloin
sillä sinun sinä sitten sitä sun sä tai taas te teidän teille teillä teitä tehdä tekee terve tervehdys toinen tuo tuon
täällä tähän tämä tämän tänne tästä tätä tässä vaan vai vaikka vain varten vielä voi voiko voin voinko voisi voisiko
voisinko voitte voitteko vähän yksi yli ystävällisesti kertoa kiitti ok päivää huomenta iltaa
"""
WORDS = frozenset((_ENGLISH + _FINNISH).split())

# Cut out of runs of Han, the longest first: what remains are the words that matter. Single characters are few: 会 is
# in 会员, 地 in 地址, 到 in 到货.
_CHINESE = """
请问一下 请问下 请问 您好 你好 你们好 大家好 在吗 在不在 有人吗 哈喽 谢谢你 谢谢您 谢谢 多谢 感谢 麻烦您
麻烦你 麻烦 不好意思 打扰了 打扰一下 好的 早上好 下午好 晚上好 再见 拜拜 客服 亲 怎么样 怎么办 怎么弄
怎么回事 怎么能 怎么才能 怎么 怎样 如何 为什么 为何 为啥 什么时候 什么 是什么 有什么 多少 多久 哪里 哪儿
哪个 哪些 哪种 几天 几个 可以 可不可以 能不能 能否 是否 是不是 有没有 会不会 要不要 需要 需不需要 应该
可能 想要 我想 我要 我的 我们 你们 您们 他们 她们 它们 自己 的话 或者 还是 但是 不过 因为 所以 如果 要是
假如 虽然 而且 并且 以及 然后 就是 非常 特别 比较 一下 一点 有点 一个 一些 这个 那个 这些 那些 这种 那种
这样 那样 这里 那里 没有 不能 不了 不会 不是 不要 现在 已经 刚才 刚刚 知道 告诉 帮忙 帮我 看看 看一下
问一下 咨询 了解 关于 吗 呢 吧 啊 呀 哦 嗯 呗 嘛 么 的 了 我 你 您 她 它 这 那 很 太 啦 喔 噢 就 也 是 和
与
"""
_STOP = re.compile("|".join(sorted(set(_CHINESE.split()), key=len, reverse=True)))


def pieces(run: str) -> list[str]:
    """Return what of a run of Han is left between its stop words."""
    return [piece for piece in _STOP.split(run) if piece]
