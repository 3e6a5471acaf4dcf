"""Words by which licences, certificates and lists of substances name goods: crops, classes of food and drug, and what is excepted.

Only words that are known here are compared. A scope in words of its own, or goods whose name says nothing of their class, contradict
nobody: then these functions find nothing to compare, and no finding is made.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: What grows or is raised, by the class that scopes and lists of limits name. Two names of one thing stand together.
_CROPS: Final = """
蔬菜 韭菜|韭黄 菠菜 芹菜 青菜|小白菜|上海青|鸡毛菜 大白菜|白菜 生菜 油麦菜 空心菜|蕹菜 茼蒿 苋菜 香菜|芫荽 茴香 荠菜 芥菜 菜薹|菜心
蔬菜 包菜|甘蓝|卷心菜|圆白菜 花菜|花椰菜 西兰花|青花菜 番茄|西红柿 黄瓜 茄子 辣椒|青椒|尖椒 豇豆|豆角 四季豆|菜豆 毛豆 扁豆 豌豆 蚕豆
蔬菜 南瓜 冬瓜 丝瓜 苦瓜 西葫芦 萝卜 胡萝卜 马铃薯|土豆 山药 芋头 莲藕|藕 茭白 莴笋|莴苣 竹笋 大葱|小葱|香葱 生姜 大蒜|蒜苗|蒜薹 洋葱
蔬菜 豆芽 秋葵 芦笋 洋蓟 香椿
水果 苹果 梨 桃 葡萄 草莓 西瓜 甜瓜|哈密瓜 柑橘|橘子|柑 橙 柚 香蕉 樱桃 枇杷 杨梅 李子 杏 枣 柿 猕猴桃 火龙果 芒果|杧果 荔枝 龙眼 菠萝
水果 蓝莓 石榴 桑葚 山楂 核桃
茶叶 绿茶 红茶 白茶 乌龙茶 普洱 茶叶|鲜茶
食用菌 香菇 平菇 金针菇 杏鲍菇 双孢蘑菇|蘑菇 木耳 银耳 草菇 羊肚菌
中草药 枸杞 菊花 金银花 三七 人参 黄芪 当归 丹参 铁皮石斛|石斛 板蓝根
粮食 水稻|稻谷|大米 小麦|面粉 玉米 大豆|黄豆 高粱 小米|谷子 荞麦 甘薯|红薯|山芋
油料 油菜籽|油菜 花生 芝麻 向日葵|葵花籽
棉花 棉花|棉田
畜禽 猪肉|生猪|猪 牛肉|肉牛|牛 羊肉|肉羊|羊 鸡肉|肉鸡 鸭肉|肉鸭 鹅
禽蛋 鸡蛋 鸭蛋 鹌鹑蛋
水产 草鱼 鲫鱼 鳊鱼 鲢鱼 青鱼 黑鱼 鲈鱼 鳜鱼 罗非鱼 鳗鱼 对虾 小龙虾 河蟹|大闸蟹 甲鱼 文蛤
"""


def _spellings() -> list[tuple[str, str, str]]:
    """Each spelling with its class and the name that stands for all. Longest first: 胡萝卜 is not 萝卜, 杏鲍菇 is no 杏."""
    entries = [
        (spelling, line.split()[0], entry.split("|")[0])
        for line in _CROPS.strip().splitlines()
        for entry in line.split()[1:]
        for spelling in entry.split("|")
    ]
    return sorted(entries, key=lambda entry: (-len(entry[0]), entry))


_SPELLINGS: Final = _spellings()
#: Other words for a class, as lists of substances and scopes write it.
_CLASS_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "蔬菜": ("蔬菜", "叶菜", "瓜菜"),
    "水果": ("水果", "瓜果", "果树", "鲜果"),
    "茶叶": ("茶叶", "茶树", "鲜茶"),
    "食用菌": ("食用菌",),
    "中草药": ("中草药", "中药材", "草药"),
    "粮食": ("粮食", "谷物", "粮食作物"),
    "油料": ("油料",),
    "棉花": ("棉花",),
    "畜禽": ("畜禽", "家畜", "家禽"),
    "禽蛋": ("禽蛋", "鲜蛋"),
    "水产": ("水产", "养殖鱼", "鱼类"),
}
#: Classes of food made under a 食品生产许可证 (食品生产许可分类目录), each with words that goods and scopes use for it.
FOOD_CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "粮食加工品": ("大米", "面粉", "小麦粉", "挂面"),
    "食用油": ("食用植物油", "菜籽油", "大豆油", "花生油", "调和油"),
    "调味品": ("酱油", "食醋", "味精", "豆瓣酱", "鸡精"),
    "肉制品": ("香肠", "火腿肠", "腊肉", "腊肠", "火腿", "酱牛肉", "盐水鸭", "培根"),
    "乳制品": (
        "液体乳",
        "牛奶",
        "纯牛奶",
        "酸奶",
        "酸乳",
        "乳粉",
        "奶粉",
        "奶酪",
        "灭菌乳",
        "巴氏杀菌乳",
        "调制乳",
    ),
    "饮料": ("饮用水", "矿泉水", "果汁"),
    "方便食品": ("方便面",),
    "饼干": ("饼干",),
    "罐头": ("罐头",),
    "冷冻饮品": ("冰淇淋", "雪糕", "棒冰"),
    "速冻食品": ("水饺", "汤圆", "速冻馄饨"),
    "薯类和膨化食品": ("薯片", "膨化食品"),
    "糖果制品": ("糖果", "巧克力", "果冻"),
    "酒类": ("白酒", "黄酒", "啤酒", "葡萄酒"),
    "蔬菜制品": ("酱腌菜", "榨菜", "泡菜", "干制蔬菜"),
    "水果制品": ("蜜饯", "果脯", "果酱"),
    "炒货食品及坚果制品": ("瓜子", "炒货", "坚果"),
    "蛋制品": ("皮蛋", "咸鸭蛋", "咸蛋", "卤蛋"),
    "水产制品": ("鱼丸", "干海带", "虾皮"),
    "糕点": ("蛋糕", "面包", "月饼"),
    "豆制品": ("豆腐", "豆干", "豆浆", "腐竹"),
    "蜂产品": ("蜂蜜", "蜂王浆"),
    "保健食品": ("保健食品",),
    "婴幼儿配方食品": ("婴幼儿配方乳粉", "婴幼儿配方奶粉"),
}
#: Classes of drug as a 药品经营许可证 lists them; what one new class holds of three old ones is one.
DRUG_CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "中药材": ("中药材",),
    "中药饮片": ("中药饮片",),
    "中成药": ("中成药",),
    "化学药": ("化学药", "化学原料药", "抗生素", "生化药品"),
    "生物制品": ("生物制品", "疫苗", "血液制品"),
    "麻醉药品": ("麻醉药品",),
    "精神药品": ("精神药品",),
    "医疗用毒性药品": ("毒性药品",),
    "蛋白同化制剂": ("蛋白同化制剂", "肽类激素"),
}
#: What a licence lists, by its kind. A kind that is not here is compared by its exceptions alone.
SCOPES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "食品生产许可证": FOOD_CLASSES,
    "药品经营许可证": DRUG_CLASSES,
}
RESTRICTED_PESTICIDE: Final = "限制使用农药"

_BRACKETS: Final = re.compile(r"[（(][^（）()]*[）)]")


def crops_in(text: str) -> frozenset[tuple[str, str]]:
    """The crops and animals that a text names, each with its class; the first spelling stands for all."""
    found = set()
    for spelling, name, one in _SPELLINGS:
        if spelling in text:
            found.add((name, one))
            text = text.replace(spelling, " ")  # What was read is not read again.
    return frozenset(found)


def classes_in(text: str) -> frozenset[str]:
    """The classes of crops that a text names outright: 蔬菜、水果、茶叶 …"""
    return frozenset(name for name, words in _CLASS_WORDS.items() if any(word in text for word in words))


def names_goods(word: str, goods: str) -> bool:
    """Whether one word of a list (a crop or a class) speaks of goods with this name."""
    if word in goods:
        return True
    crops = crops_in(goods)
    return bool(
        crops & crops_in(word)
        or {name for name, _ in crops} & classes_in(word)
        or classes_in(goods) & classes_in(word)
    )


def covers_crop(scope: Iterable[str], goods: str) -> bool | None:
    """Whether a scope names these goods; None where its words or the name of the goods cannot be compared."""
    words, crops = tuple(scope), crops_in(goods)
    if any(word in goods or names_goods(word, goods) for word in words):
        return True
    # A word that names neither a known crop nor a known class may well mean these goods.
    if not crops or not all(crops_in(word) or classes_in(word) for word in words):
        return None
    return False


def outside_scope(kind: str, scope: Iterable[str], goods: Iterable[str]) -> str | None:
    """The class of the goods that a licence of this kind does not list or excepts; None where nothing says so.

    `goods` are the texts that say what they are: name, category, the fields of their category.
    """
    text, lists = "；".join(scope), SCOPES.get(kind, {})
    mine = _class_of(goods, lists)
    if not mine:
        return None
    excepted = {one for one in mine if _excepted(text, one)}
    if excepted:
        return min(excepted)
    named = {name for name, words in lists.items() if any(word in text for word in (name, *words))}
    return min(mine) if named and not mine & named else None


def _class_of(goods: Iterable[str], lists: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The classes that a class word in the goods' texts names, or the last word of their name."""
    found = set()
    for text in goods:
        head = _BRACKETS.sub("", text).strip()
        for name, words in lists.items():
            if name in text or any(head.endswith(word) for word in words):
                found.add(name)
        if RESTRICTED_PESTICIDE in text:
            found.add(RESTRICTED_PESTICIDE)
    return frozenset(found)


def _excepted(scope: str, word: str) -> bool:
    """Whether a scope excepts this class: 农药（限制使用农药除外）, 生物制品（不含疫苗）."""
    stop = r"[^，,；;。、（）()]*"
    word = re.escape(word)
    return bool(
        re.search(rf"(除|不含|不包括|不包含|不得经营){stop}{word}", scope)
        or re.search(rf"{word}{stop}(除外|以外)", scope)
    )
