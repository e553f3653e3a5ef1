# Sourced by run.sh and test.sh: makes sure that the packages of the named groups are installed.
#   ensure_packages GROUP...
# Installs what is missing where that can be done; otherwise prints exactly what to install and stops.

ensure_packages() {
  local list="$root/packaging/dependencies.txt" group package wanted=() missing=()
  while read -r group package _; do
    case "$group" in ''|'#'*) continue ;; esac
    case " $* " in *" $group "*) wanted+=("$package") ;; esac
  done < "$list"

  if [ -n "${SOTTO_SKIP_PACKAGES:-}" ]; then return 0; fi
  local id='' version=''
  if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && printf '%s' "${ID:-}")
    version=$(. /etc/os-release && printf '%s' "${VERSION_ID:-}")
  fi
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    stop_with_list "This system (${id:-unknown} $version) has no apt-get. Install what these Debian packages hold" "${wanted[@]}"
  fi
  local installed
  installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^ii *//p' | tr '\n' ' ') "
  for package in "${wanted[@]}"; do
    case "$installed" in *" $package "*) ;; *) missing+=("$package") ;; esac
  done
  [ ${#missing[@]} -eq 0 ] && return 0

  case "$id:$version" in
    debian:1[2-9]|debian:|ubuntu:24.*|ubuntu:2[5-9].*) ;;
    *) stop_with_list "This system (${id:-unknown} $version) is not one that Sotto knows (Debian 12 or later, Ubuntu 24.04 or later). Install these packages, by its names for them" "${missing[@]}" ;;
  esac

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
    else
      stop_with_list "Packages are missing and this account may not install them. Ask for this command to be run" "${missing[@]}"
    fi
  fi
  echo "Installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq || echo "apt-get update failed; trying with the package lists at hand" >&2
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null; then
    stop_with_list "apt-get could not install everything (its message stands above). These packages are missing" "${missing[@]}"
  fi
}

# stop_with_list SENTENCE PACKAGE...
stop_with_list() {
  local sentence=$1
  shift
  printf '%s:\n  apt-get install %s\nThen run this again (SOTTO_SKIP_PACKAGES=1 skips this check).\n' "$sentence" "$*" >&2
  exit 1
}
