/* SPDX-License-Identifier: GPL-2.0-or-later */
/* preflight: what this machine is, before the first test: "# preflight KEY VALUE" lines, all keys, always. */
#include <cpuid.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guest.h"

static void say(const char *key, const char *value)
{
	printf("# preflight %s %s\n", key, value);
}

/* The first word of a file, "" when there is none. */
static void first_word(const char *path, char *word, size_t size)
{
	FILE *file = fopen(path, "re");

	word[0] = '\0';
	if (!file)
		return;
	if (fgets(word, (int)size, file))
		word[strcspn(word, " \t\n")] = '\0';
	fclose(file);
}

static void say_kernel(void)
{
	struct utsname name;
	char *mark;

	if (uname(&name) < 0)
		memset(&name, 0, sizeof(name));
	say("release", name.release[0] ? name.release : "unknown");
	/* "#0123456789ab SMP PREEMPT ...": what KBUILD_BUILD_VERSION was. */
	mark = name.version + (name.version[0] == '#');
	mark[strcspn(mark, " ")] = '\0';
	say("mark", mark[0] ? mark : "unknown");
}

/* Which half of KVM drives /dev/kvm; its parameters are there when it is built in as well. */
static void say_vendor(void)
{
	static const char *const halves[] = { "kvm_amd", "kvm_intel" };
	unsigned int a, b, c, d, vmx = 0, svm = 0;
	char path[64], word[8];

	if (__get_cpuid(1, &a, &b, &c, &d))
		vmx = c >> 5 & 1;
	if (__get_cpuid(0x80000001, &a, &b, &c, &d))
		svm = c >> 2 & 1;
	for (unsigned int i = 0; i < 2; i++) {
		/* A kernel with both built in shows the parameters of both. */
		if (!(i ? vmx : svm))
			continue;
		snprintf(path, sizeof(path), "/sys/module/%s/parameters/nested", halves[i]);
		first_word(path, word, sizeof(word));
		if (!word[0])
			continue;
		say("vendor", halves[i]);
		say("nested", strchr("1yY", word[0]) ? "1" : "0");
		return;
	}
	say("vendor", "none");
	say("nested", "0");
}

static void say_hypervisor(void)
{
	unsigned int a, b, c, d;
	char signature[13];

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 31)) {
		say("hypervisor", "none");
		return;
	}
	__cpuid(0x40000000, a, b, c, d);
	memcpy(signature, &b, 4);
	memcpy(signature + 4, &c, 4);
	memcpy(signature + 8, &d, 4);
	signature[12] = '\0';
	/* One word: "Microsoft Hv" has a blank, others have what cannot be printed. */
	for (char *s = signature; *s; s++)
		if (!isgraph((unsigned char)*s))
			*s = '_';
	say("hypervisor", signature[0] ? signature : "unknown");
}

static void say_size(void)
{
	char line[128], value[32] = "0";
	FILE *file = fopen("/proc/meminfo", "re");
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	printf("# preflight cpus %ld\n", cpus > 0 ? cpus : 0);
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemTotal: %31[0-9]", value) == 1)
			break;
	if (file)
		fclose(file);
	say("memory", value);
}

int main(void)
{
	char why[200];
	const char *unable = guest_unable(why, sizeof(why));

	say_kernel();
	say("kvm", unable ? unable : "ok");
	say_vendor();
	say_hypervisor();
	say_size();
	return 0;
}
