/* See services.h. */
#include "config.h"

#include "client/services.h"

#include <stddef.h>
#include <string.h>

#include "common/text.h"

static const char *const typed[] = {
	/* becoming somebody else, logging in */
	"su", "su-l", "sudo", "sudo-i", "doas", "runuser", "runuser-l",
	"pkexec", "polkit-1", "login", "remote", "sshd", "dropbear",
	"xrdp-sesman", "gdm", "gdm3", "gdm-password", "gdm-fingerprint",
	"gdm-smartcard", "gdm-autologin", "gdm-launch-environment", "greetd",
	"kdm", "lightdm", "lightdm-autologin", "lightdm-greeter", "lxdm",
	"nodm", "sddm", "sddm-autologin", "sddm-greeter", "slim", "wdm",
	"xdm",
	/* about the owner of a file or of a process */
	"cron", "crond", "atd", "systemd-user",
	/* screen lockers */
	"cinnamon-screensaver", "dtscreen", "gnome-screensaver", "gtklock",
	"hyprlock", "i3lock", "i3lock-color", "kcheckpass", "kde",
	"kde-fingerprint", "kde-smartcard", "kscreenlocker", "kscreenlocker_greet",
	"kscreensaver", "light-locker", "lxlock", "mate-screensaver",
	"physlock", "schlock", "screen", "slock", "swaylock",
	"swaylock-effects", "ukui-screensaver", "ukui-screensaver-qt",
	"vlock", "waylock", "xautolock", "xfce4-screensaver", "xlock",
	"xscreensaver", "xsecurelock", "xtrlock",
};

bool
services_are_typed(const char *service)
{
	const char *slash = service != NULL ? strrchr(service, '/') : NULL;

	if (slash != NULL)
		service = slash + 1;
	if (service == NULL || *service == '\0')
		return true;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
		if (text_same_nocase(service, strlen(service), typed[i],
		    strlen(typed[i])))
			return true;
	return false;
}
