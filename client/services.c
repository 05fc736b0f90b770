/* See services.h. */
#include "config.h"

#include "client/services.h"

#include <stddef.h>
#include <string.h>

#include "common/text.h"

static const char *const typed[] = {
	/* becoming somebody else, logging in */
	"su", "su-l", "sudo", "sudo-i", "doas", "runuser", "runuser-l",
	"pkexec", "polkit-1", "login", "remote",
	/* about the owner of a file */
	"cron", "crond", "atd",
	/* screen lockers */
	"cinnamon-screensaver", "dtscreen", "gnome-screensaver", "gtklock",
	"hyprlock", "i3lock", "i3lock-color", "kcheckpass", "kde", "kde-fingerprint",
	"kde-smartcard", "kscreenlocker", "kscreenlocker_greet",
	"kscreensaver", "light-locker", "lxlock", "mate-screensaver",
	"physlock", "schlock", "screen", "slock", "swaylock",
	"swaylock-effects", "ukui-screensaver", "ukui-screensaver-qt",
	"vlock", "waylock", "xautolock", "xfce4-screensaver", "xlock",
	"xscreensaver", "xsecurelock", "xtrlock",
};

bool
services_are_typed(const char *service)
{
	if (service == NULL)
		return true;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
		if (text_same_nocase(service, strlen(service), typed[i],
		    strlen(typed[i])))
			return true;
	return false;
}
