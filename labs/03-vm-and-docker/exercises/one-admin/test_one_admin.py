from provisioner.checks import Net, blocked, reaches, strangers, survives

OTHERS = strangers("ext", beside="admin")  # the administrator's next neighbours among them


@survives("restart of Docker", "compose down and up")
def test_the_panel_is_the_administrators(net: Net) -> None:
    net.expect(
        reaches("admin", "panel"),
        *(blocked(who, "panel") for who in ("outside", "payments", OTHERS)),
        reaches("machine", "panel"),
        *(reaches(who, "shop") for who in ("admin", "outside", "payments", OTHERS)),
    )
