# Sourced by the campaigns of clients: what they need, installed once and again when it changed.

# Runs COMMAND… to make DIRECTORY unless it was made from what FILE says.
install() { # DIRECTORY FILE COMMAND…
    local directory=$1 file=$2
    shift 2
    if ! cmp -s "$file" "$directory/installed"; then
        echo "installing $directory"
        rm -rf "$directory"
        "$@"
        cp "$file" "$directory/installed"
    fi
}

# The npm packages of FOLDER's lockfile.
install_node() { # DIRECTORY FOLDER
    install "$1" "$2/package-lock.json" make_node "$1" "$2"
}
make_node() {
    mkdir -p "$1"
    cp "$2"/package*.json "$1/"
    npm ci --prefix "$1" --no-audit --no-fund --ignore-scripts --loglevel=error
}

# A virtual environment with the PyPI packages of FILE.
install_python() { # DIRECTORY FILE
    install "$1" "$2" make_python "$1" "$2"
}
make_python() {
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
}

# The binary that ZENWALLET_BINARY names; without one the dev build, made anew.
find_binary() {
    binary=${ZENWALLET_BINARY:-}
    if [[ -z $binary ]]; then
        cargo build --locked --quiet -p zenwallet
        binary=target/debug/zenwallet
    fi
}

# What starts a PostgreSQL beside a command.
find_postgres() {
    [[ -x target/debug/with-postgres ]] || cargo build --locked --quiet -p zenwallet-testing
}
