"""What a column of an old system's file can mean: the fields of each kind, and the words they go by."""

import re
from functools import lru_cache
from typing import Literal, get_args

from core.base.i18n import N_
from core.base.text import folded

Kind = Literal["members", "products", "sales"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LABELS: dict[Kind, dict[str, str]] = {
    "members": {
        "name": N_("name"), "phone": N_("phone"), "card": N_("card"), "birthday": N_("birthday"),
        "lunar_birthday": N_("lunar birthday"), "gender": N_("gender"), "email": N_("e-mail"),
        "address": N_("address"), "language": N_("language"), "tags": N_("tags"), "note": N_("note"),
        "store": N_("home store"), "joined": N_("joined on"), "tier": N_("tier"), "tier_until": N_("tier until"),
        "points": N_("points"), "points_expiry": N_("points expire on"), "stored": N_("stored in all"),
        "principal": N_("principal"), "bonus": N_("bonus"), "bonus_expiry": N_("bonus expires on"),
        "passes": N_("passes"), "coupons": N_("coupons"), "marketing": N_("agrees to offers"),
        "marketing_on": N_("agreed on"),
    },
    "products": {
        "name": N_("name"), "sku": N_("item number"), "barcode": N_("barcode"), "price": N_("price"),
        "category": N_("category"), "kind": N_("kind"), "stock": N_("stock"), "cost": N_("cost"),
    },
    "sales": {
        "receipt": N_("receipt"), "day": N_("day of the sale"), "phone": N_("phone"), "card": N_("card"),
        "product": N_("product"), "sku": N_("item number"), "quantity": N_("quantity"), "amount": N_("amount"),
        "store": N_("store"),
    },
}  # fmt: skip
"""The fields of each kind, and what they are called."""

WORDS: dict[Kind, dict[str, str]] = {
    "members": {
        "name": "姓名 名字 名称 称呼 昵称 客户 name fullname customername displayname",
        "phone": "手机 手机号 手机号码 电话 电话号码 联系电话 联系方式 联系手机 移动电话 mobile mobileno mobilenumber"
        " mobilephone phone phoneno phonenumber cell cellphone tel telephone",
        "card": "卡号 会员卡号 会员号 会员编号 实体卡号 卡面号 编号 卡 card cardno cardnumber memberno membernumber"
        " memberid customercode loyaltynumber",
        "birthday": "生日 出生日期 出生年月 阳历生日 公历生日 birthday birthdate dateofbirth dob",
        "lunar_birthday": "农历生日 阴历生日 生日农历 lunarbirthday",
        "gender": "性别 gender sex title",
        "email": "邮箱 电子邮箱 电子邮件 邮件 email emailaddress mail",
        "address": "地址 住址 联系地址 家庭住址 通讯地址 address streetaddress",
        "language": "语言 language lang",
        "tags": "标签 分组 tag tags labels group groups",
        "note": "备注 说明 附注 note notes remark remarks comment comments",
        "store": "门店 所属门店 开卡门店 归属门店 办卡门店 注册门店 店铺 分店 store homestore shop branch location",
        "joined": "入会日期 入会时间 注册日期 注册时间 开卡日期 开卡时间 办卡日期 办卡时间 加入日期 创建时间 建档日期"
        " joined joinedon joindate joinedat registered registrationdate createdat membersince customersince",
        "tier": "等级 会员等级 会员级别 级别 卡类型 卡等级 会员卡类型 会员类型 tier level rank grade membershiplevel",
        "tier_until": "等级有效期 等级到期日 等级到期 会员有效期 会员到期日 tieruntil tierexpiry levelexpiry",
        "points": "积分 积分余额 可用积分 剩余积分 当前积分 points pointsbalance loyaltypoints availablepoints",
        "points_expiry": "积分到期日 积分到期 积分有效期 积分过期日 积分失效日期 pointsexpiry pointsexpireon"
        " pointsexpire pointsexpirydate pointsuntil",
        "stored": "储值余额 储值总额 账户余额 卡余额 余额 总余额 储值 balance storedvalue totalbalance walletbalance"
        " storeandbonus cardbalance",
        "principal": "本金 储值本金 本金余额 充值余额 充值本金 实充余额 principal paidin paidbalance cashbalance",
        "bonus": "赠送金 赠金 赠送余额 赠送金额 赠送 赠金余额 bonus bonusbalance giftbalance",
        "bonus_expiry": "赠送金到期日 赠金到期日 赠送金有效期 赠金有效期 bonusexpiry bonusexpireson bonusuntil",
        "passes": "次卡 剩余次卡 计次卡 次卡余次 疗程卡 pass passes package packages",
        "coupons": "优惠券 券 优惠卷 卡券 代金券 coupon coupons voucher vouchers",
        "marketing": "同意推广 接受推广 接收短信 营销同意 同意营销 接受短信 营销短信 marketing marketingconsent"
        " acceptsmarketing optin smsconsent",
        "marketing_on": "同意日期 同意时间 授权日期 marketingdate consentdate optindate",
    },
    "products": {
        "name": "名称 品名 商品名称 商品 产品名称 商品名 name product productname item itemname title",
        "sku": "编码 货号 商品编码 商品编号 款号 编号 sku itemno itemnumber code productcode reference",
        "barcode": "条码 条形码 商品条码 国际条码 barcode ean upc gtin",
        "price": "价格 售价 零售价 单价 销售价 标价 price retailprice saleprice sellingprice unitprice",
        "category": "分类 类别 商品分类 品类 类目 category department group",
        "kind": "类型 商品类型 种类 kind type producttype",
        "cost": "进价 成本 成本价 采购价 进货价 cost costprice purchaseprice buyingprice",
        "stock": "库存 库存数量 库存量 当前库存 现有库存 数量 stock instock onhand quantity qty inventory",
    },
    "sales": {
        "receipt": "单号 小票号 流水号 订单号 销售单号 交易号 小票 receipt receiptno receiptnumber order orderno"
        " ordernumber invoice transaction",
        "day": "日期 时间 销售日期 销售时间 消费时间 消费日期 交易时间 交易日期 下单时间 date day time datetime soldon"
        " saledate orderdate",
        "phone": "手机 手机号 手机号码 电话 phone mobile mobileno phoneno phonenumber customerphone",
        "card": "卡号 会员卡号 会员号 会员编号 card cardno cardnumber memberno memberid customercode",
        "product": "商品 商品名称 名称 品名 项目 服务项目 消费项目 product productname item itemname service",
        "sku": "编码 货号 商品编码 商品编号 条码 sku itemno itemnumber productcode barcode",
        "quantity": "数量 件数 次数 quantity qty pieces count",
        "amount": "金额 实收 实收金额 消费金额 实付 实付金额 小计 总金额 amount total paid net nettotal linetotal",
        "store": "门店 店铺 分店 消费门店 store shop branch location",
    },
}
"""The words a column goes by, the usual ones first."""

NEEDED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "members": (("phone", "card"),),
    "products": (("name",), ("price",)),
    "sales": (("day",), ("amount",)),
}
"""Of each of these at least one column is needed."""

_BRACKETS = re.compile(r"[(\[【〔<].*?[)\]】〕>]")
_NOISE = re.compile(r"[\s_\-*:.·/、,#]+")
_OWNER = re.compile(r"^(会员|客户|顾客|member|customer|client)")


@lru_cache(4096)
def key(header: str) -> str:
    """A header as it is compared: 'Phone No. (必填)' → 'phoneno'."""
    plain = folded(header)
    return _NOISE.sub("", _BRACKETS.sub("", plain)) or _NOISE.sub("", plain)


@lru_cache(8)
def _by_word(kind: Kind) -> dict[str, tuple[str, int]]:
    """Field and place among its words, by word."""
    found: dict[str, tuple[str, int]] = {}
    for field, words in WORDS[kind].items():
        for place, word in enumerate((field.replace("_", ""), *words.split())):
            found.setdefault(word, (field, place))
    return found


def meaning(header: str, kind: Kind) -> tuple[str, int] | None:
    """The field a header means and how usual the word is (0 first); None for an unknown word."""
    words, plain = _by_word(kind), key(header)
    return words.get(plain) or words.get(_OWNER.sub("", plain))
