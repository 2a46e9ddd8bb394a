# Fetches Debian 12 packages of both amd64 and i386 without touching this system's package database. Sourced.
#
# Installing wine32:i386 beside amd64 packages fails whenever the indexes of the two architectures differ by a security
# update. Reading nothing but `bookworm main` and unpacking by hand has no such days.

# private_apt DIR: sets the array `apt` to an apt-get that works inside DIR, and updates it.
private_apt() {
  local dir=$1 mirror
  mirror=$(apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' | awk '$2 == "bookworm" { print $1; exit }')
  if [ -z "$mirror" ]; then
    echo "no package source for Debian 12 (bookworm) is set up on this machine" >&2
    return 1
  fi
  mkdir -p "$dir"/lists/partial "$dir"/cache/archives/partial
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=amd64,i386] $mirror bookworm main" >"$dir/sources.list"
  : >"$dir/status"
  # Some machines delete all packages they have fetched after each update, also those that another apt-get is about to install.
  printf '#clear APT::Update::%s;\n' Pre-Invoke Post-Invoke Post-Invoke-Success >"$dir/apt.conf"
  apt=(apt-get -qq -c "$dir/apt.conf" -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State="$dir" -o Dir::State::lists="$dir/lists" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache"
    -o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Architectures::=i386
    -o Acquire::Languages=none -o APT::Sandbox::User= -o Debug::NoLocking=1)
  "${apt[@]}" update
}

# fetch_packages DIR PACKAGE...: leaves the packages' files in DIR.
fetch_packages() {
  local dir=$1
  shift
  mkdir -p "$dir"
  (cd "$dir" && "${apt[@]}" download "$@")
}
