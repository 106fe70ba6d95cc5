"""Coupons: what a store offers, and the single-use codes that are given out of it one by one.

    waiting ──approve──▶ creating ──store told──▶ active ──▶ redeemed
       │                    │                       │ ╰───▶ expired
       ╰▶ rejected          ╰▶ failed               ╰─▶ revoking ──store told──▶ revoked

What a code may come to is taken out of its offer's budget when it is asked for, and given back where the code
ends without being used.
"""
