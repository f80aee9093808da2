"""What somebody asks of their own account, which no plan counts as a call.

It is answered when a plan has no calls left: to see that, to get a better plan, to take
a key back, to sign out.
"""

from collections.abc import Mapping

OF_ACCOUNT: Mapping[str, frozenset[str]] = {
    "Query": frozenset(
        {"plan", "plans", "rateLimit", "subscription", "subscriptions", "viewer"}
    ),
    "Mutation": frozenset(
        {
            "apiKeyCreate",
            "apiKeyRevoke",
            "apiKeyRotate",
            "emailChange",
            "emailVerify",
            "emailVerifyRequest",
            "invitationRedeem",
            "login",
            "loginConfirm",
            "logout",
            "passwordChange",
            "passwordReset",
            "passwordResetRequest",
            "recoveryCodesRenew",
            "sessionConfirm",
            "sessionRevoke",
            "sessionsRevokeOthers",
            "signUp",
            "subscriptionCancel",
            "subscriptionChange",
            "subscriptionStart",
            "tokenRefresh",
            "twoFactorConfirm",
            "twoFactorDisable",
            "twoFactorEnroll",
            "userDeactivate",
            "viewerExport",
        }
    ),
}
"""Fields of the roots of the graph, none of which leads to anything else."""
