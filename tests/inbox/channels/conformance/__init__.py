"""What every transport with a provider has to do, proven for each against its played vendor over real HTTP.

To add a kind:

1. its vendor, `helpdesk/demo/phone/<kind>.py`, a class after `Vendor` in helpdesk/demo/phone/base.py;
2. one entry in `KINDS` (kinds.py): how the vendor is made, a channel's config and secrets, and what the vendor's
   documents say (what is signed, which receipts there are, how it says «busy» and «no»).

Nothing else: every test here then runs for it. What a kind has not (receipts, a challenge, a signed time) is said in
its entry, and the tests hold the vendor and the transport to that, too.
"""
