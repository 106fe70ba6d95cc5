"""Replies that are written once and used often."""

# (shortcut, title, text)
EVERYWHERE = {
    "en": (
        ("hello", "Greeting", "Hello {{buyer.name}}, this is {{agent.name}}. How can I help?"),
        ("moment", "One moment", "One moment please, I'm looking into it."),
        ("bye", "Good-bye", "You're welcome, {{buyer.name}}! If anything else comes up, just write here again."),
        ("sorry", "Apology", "I'm sorry about that, {{buyer.name}}. It isn't how it should have gone, and I'll put it right."),
    ),
    "zh-hans": (
        ("nihao", "问候", "{{buyer.name}}您好，我是{{agent.name}}，请问有什么可以帮您？"),
        ("shaodeng", "请稍等", "好的，请稍等，我马上帮您查一下。"),
        ("zaijian", "结束语", "不客气，{{buyer.name}}！后续有问题随时在这里找我们。"),
        ("baoqian", "致歉", "{{buyer.name}}您好，非常抱歉给您带来不便，我马上为您处理。"),
    ),
}  # fmt: skip

BY_STORE = {
    "demo": (
        ("tracking", "Where the parcel is",
         "Your order is on its way, {{buyer.name}}. You can follow it with the number in your shipping mail; "
         "{{store.name}} parcels usually arrive within three to five working days."),
        ("address", "Ask for the address",
         "Of course, I can change the address as long as it isn't packed. Which address should it be?"),
        ("photo", "Ask for a photo",
         "I'm sorry to hear that. Could you send me a photo, so that I can put it right straight away?"),
        ("return", "How to return",
         "You have 30 days to return anything from your order. The label is free; I'm sending it to your e-mail "
         "address now, and the refund leaves us the day the parcel is here."),
        ("payment", "Payment reminder",
         "Hi {{buyer.name}}, your order is still waiting for its payment. We keep it "
         "for three days. Is there anything I can help with?"),
        ("fee", "Shipping fee waived",
         "Good news: I've taken the shipping fee off your order, {{buyer.name}}. You'll see the new total when you pay."),
        ("sizes", "Between two sizes",
         "If you're between two sizes, take the larger one for layering. Returns are free for 30 days."),
        ("invoice", "Invoice sent", "The invoice is on its way to your e-mail address as a PDF."),
    ),
    "demo-cn": (
        ("wuliu", "查询物流", "{{buyer.name}}您好，您的订单已在路上，一般两到四天送达，派送前快递员会电话联系您。"),
        ("dizhi", "修改地址", "可以的，订单还未打包，请把完整的收件地址发给我，我来修改。"),
        ("zhaopian", "请拍照", "非常抱歉！麻烦拍一张照片发给我，我马上为您处理补发或退款。"),
        ("tuihuo", "退货说明", "支持七天无理由退换，运费险会赔付寄回运费。我们签收后当天为您退款。"),
        ("cuifu", "付款提醒", "{{buyer.name}}您好，您的订单还未付款，给您保留三天，付款遇到问题可以随时问我。"),
        ("mianyun", "已免运费", "{{buyer.name}}您好，已经为您的订单免去运费，刷新页面即可看到新的合计。"),
        ("fapiao", "发票已开", "电子发票已发送到您的邮箱，请注意查收。"),
        ("kaihu", "新壶开壶", "新壶先用清水煮二十分钟，再用固定要泡的茶煮十分钟，自然晾干即可使用。"),
    ),
}  # fmt: skip
